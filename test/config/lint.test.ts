import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lintSettings } from '../../src/config/lint.js';
import { readSettings } from '../../src/config/load.js';

const cwd = mkdtempSync(join(tmpdir(), 'gatehouse-lint-'));
afterAll(() => rmSync(cwd, { recursive: true }));

function warnings(yaml: string, NODE_ENV = 'production'): (string | undefined)[] {
  writeFileSync(join(cwd, 'mine.yaml'), yaml);
  return lintSettings(readSettings({ cwd, env: { NODE_ENV, CONFIG_FILE: 'mine.yaml' } })).map(({ key }) => key);
}

test('in production somebody has said whether it may be known who has an account', () => {
  expect(warnings('publicUrl: https://login.example')).toEqual(['accounts.conceal']);
  expect(warnings('publicUrl: https://login.example\naccounts: { conceal: false }')).toEqual([]);
});

test('in production a public URL without TLS is warned of, unless it is this machine', () => {
  const said = '\naccounts: { conceal: true }';
  expect(warnings(`publicUrl: http://login.example${said}`)).toEqual(['publicUrl']);
  expect(warnings(`publicUrl: http://localhost:3000${said}`)).toEqual([]);
  expect(warnings('publicUrl: http://login.example', 'development')).toEqual([]);
});
