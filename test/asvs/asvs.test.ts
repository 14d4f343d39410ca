import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingsTable } from '../../src/config/table.js';
import { requirements, scores, statuses, type Tested } from './requirements.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const readSource = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The ids in the comment right above the test with this title; undefined = there is no such test in the text. */
function idsAbove(text: string, title: string): string[] | undefined {
  const at = ["'", '`', '"'].map((quote) => text.indexOf(quote + title + quote)).find((index) => index >= 0);
  const start = at === undefined ? -1 : [...text.slice(0, at).matchAll(/^[ \t]*test\b/gm)].at(-1)?.index;
  if (start === undefined || start < 0) return undefined;
  return idsOf(text.slice(0, start).trimEnd().split('\n').at(-1) ?? '');
}

function idsOf(line: string): string[] {
  return /^\s*\/\/ \(ASVS (.*)\)$/.exec(line)?.[1]?.split(', ') ?? [];
}

function isDocumented(proof: { readme: string } | { setting: string }): boolean {
  if ('setting' in proof) return settingsTable().some(({ name, comment }) => name === proof.setting && comment !== '');
  return readme.split('\n').some((line) => /^#{2,4} /.test(line) && line.replace(/^#+ /, '') === proof.readme);
}

test('every requirement is there once, in order, with a level, a text and a status', () => {
  const ids = requirements.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual([...ids].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
  for (const { id, level, text, status } of requirements) {
    expect(id).toMatch(/^\d+\.\d+\.\d+$/);
    expect([1, 2, 3]).toContain(level);
    expect(statuses).toContain(status);
    expect(text).toMatch(/^[A-Z].*\.$/);
  }
});

test('each test that is named exists, and carries the id', () => {
  const wrong = requirements.flatMap(({ id, status, proof }) => {
    if (status !== 'tested') return [];
    const ids = idsAbove(readSource(proof.file), proof.test);
    if (!ids) return [`${id}: ${proof.file} has no test "${proof.test}"`];
    return ids.includes(id) ? [] : [`${id}: no comment (ASVS ${id}) stands above "${proof.test}" in ${proof.file}`];
  });
  expect(wrong).toEqual([]);
});

test('each id that a test carries is that of a requirement it proves', () => {
  const proven = new Set(requirements.flatMap(({ id, proof }) => (isTested(proof) ? [`${id} ${proof.file}`] : [])));
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => `test/${file}`);
  const carried = files.flatMap((file) =>
    readSource(file)
      .split('\n')
      .flatMap(idsOf)
      .map((id) => `${id} ${file}`),
  );
  expect(carried.length).toBe(proven.size);
  expect(carried.filter((one) => !proven.has(one))).toEqual([]);
});

function isTested(proof: unknown): proof is Tested {
  return typeof proof === 'object' && proof !== null && 'test' in proof;
}

test('each heading and each setting that is named exists', () => {
  const wrong = requirements.flatMap(({ id, status, proof }) =>
    status === 'documented' && !isDocumented(proof) ? [`${id}: ${JSON.stringify(proof)}`] : [],
  );
  expect(wrong).toEqual([]);
});

test('what is open or does not apply has a reason', () => {
  for (const { id, status, proof } of requirements)
    if (status === 'open' || status === 'notApplicable')
      expect([id, proof]).toEqual([id, expect.stringMatching(/^[A-Z`].*\.$/)]);
});

test('the README publishes this score', () => {
  const rows = scores().map(({ level, counts }) => `| ${level} | ${counts.join(' | ')} |`);
  for (const row of rows) expect(readme).toContain(row);
  expect(
    scores()
      .at(-1)!
      .counts.reduce((sum, count) => sum + count, 0),
  ).toBe(requirements.length);
});
