import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';

const loaded = await Promise.resolve(fileURLToPath(import.meta.url));

test('the tests run as ES modules, with top-level await and import.meta', () => {
  expect(loaded).toMatch(/canary\.test\.ts$/);
});
