import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSecret } from '../../src/config/secret.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-secret-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

test('the configured secrets count, the first one in front', () => {
  expect(loadSecret({ secret: ' new , old,', dataDir })).toEqual(['new', 'old']);
  expect(readdirSync(dataDir)).toEqual([]);
});

// (ASVS 13.2.3)
test('without one a secret is made once, for its owner’s eyes only', () => {
  const folder = join(dataDir, 'not', 'there', 'yet');
  const [secret] = loadSecret({ secret: '', dataDir: folder });
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(loadSecret({ secret: '', dataDir: folder })).toEqual([secret]);
  expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['secret']);
});

test('two that start at once agree: who comes second takes what the first wrote', () => {
  writeFileSync(join(dataDir, 'secret'), `${'x'.repeat(43)}\n`);
  expect(loadSecret({ secret: '', dataDir })).toEqual(['x'.repeat(43)]);
});

test('a damaged secret is not replaced silently', () => {
  writeFileSync(join(dataDir, 'secret'), 'abc\n');
  expect(() => loadSecret({ secret: '', dataDir })).toThrow(/is damaged/);
  expect(readFileSync(join(dataDir, 'secret'), 'utf8')).toBe('abc\n');
});

test('a data folder that cannot be used is named', () => {
  writeFileSync(join(dataDir, 'file'), '');
  expect(() => loadSecret({ secret: '', dataDir: join(dataDir, 'file') })).toThrow(
    /GATEHOUSE_SECRET is not set, .*file/,
  );
});
