import { afterAll } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadSettings } from '../../src/config/load.js';
import type { Settings } from '../../src/config/settings.js';
import { dialects } from '../../src/dialects/index.js';
import { handlers } from '../../src/handlers/index.js';
import { middleware } from '../../src/middleware/index.js';
import type { Vocabulary } from '../../src/routes/contract.js';

/** Every word the product knows. */
export const vocabulary: Vocabulary = { handlers, middleware, dialects };

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-routes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Writes files into a folder of their own, which is removed after the tests. */
export function filesIn(files: Record<string, string | Uint8Array>): string {
  const own = join(folder, String(count++));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(own, name)), { recursive: true });
    writeFileSync(join(own, name), text);
  }
  return own;
}

export const settings: Settings = loadSettings({ env: { NODE_ENV: 'test', DATA_DIR: folder }, cwd: folder });
