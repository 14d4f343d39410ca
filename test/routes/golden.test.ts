import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWarning, Misconfiguration } from '../../src/errors.js';
import { loadRoutes } from '../../src/routes/load.js';
import { settings, vocabulary } from '../support/routes.js';

/**
 * Each NAME.yaml of the folder is read as a routes file; NAME.txt beside it is, to the letter, what the user reads.
 * A new case is a new file: run once with UPDATE_GOLDEN=1, then read what was written.
 */
const folder = fileURLToPath(new URL('golden/', import.meta.url));
const cases = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));

test.each(cases)('%s is answered as written beside it', (name) => {
  const expected = join(folder, name.replace(/\.ya?ml$/, '.txt'));
  const text = `${whatTheUserReads(name)}\n`;
  if (process.env['UPDATE_GOLDEN']) writeFileSync(expected, text);
  expect(existsSync(expected)).toBe(true);
  expect(text).toBe(readFileSync(expected, 'utf8'));
});

function whatTheUserReads(name: string): string {
  try {
    const { warnings } = loadRoutes(join(folder, name), { vocabulary, settings, cwd: folder });
    return warnings.map(describeWarning).join('\n') || 'fine';
  } catch (error) {
    if (error instanceof Misconfiguration) return error.message;
    throw error;
  }
}
