import { test } from '@jest/globals';

/** A test that takes several seconds beside quick ones that share its ground: only `npm run test:all` has it. */
export const slowTest: (title: string, body: () => Promise<void> | void, timeout?: number) => void = process.env[
  'TEST_SLOW'
]
  ? test
  : () => {};
