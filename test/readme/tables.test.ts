import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readmeTables } from './tables.js';

const file = fileURLToPath(new URL('../../README.md', import.meta.url));
const tables = readmeTables();

/** `npm run readme` writes them; this test says when they are out of date. */
function withTables(text: string): string {
  return text.replaceAll(
    /(<!-- table: (\w+) -->)[\s\S]*?(<!-- \/table -->)/g,
    (_all, open: string, name: string, close: string) => [open, '', tables[name], '', close].join('\n'),
  );
}

test.each(Object.keys(tables))('the README shows the table of %s as the code has it (else: npm run readme)', (name) => {
  const text = readFileSync(file, 'utf8');
  if (process.env.UPDATE_README) writeFileSync(file, withTables(text));
  const shown = readFileSync(file, 'utf8').split(`<!-- table: ${name} -->`)[1]?.split('<!-- /table -->')[0];
  expect(shown?.trim()).toBe(tables[name]);
});
