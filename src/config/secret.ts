import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Misconfiguration } from '../errors.js';
import { makeFolder } from '../lib/folder.js';
import type { Settings } from './settings.js';

/** The secrets of the settings, the first one in front; without any, one that is made once and kept in the data folder. */
export function loadSecret(settings: Pick<Settings, 'secret' | 'dataDir'>): string[] {
  const secrets = splitSecrets(settings.secret);
  return secrets.length > 0 ? secrets : [keptSecret(settings.dataDir)];
}

export function splitSecrets(text: string): string[] {
  return text
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

function keptSecret(folder: string): string {
  const file = join(folder, 'secret');
  try {
    return read(file) ?? make(folder, file);
  } catch (error) {
    if (error instanceof Misconfiguration) throw error;
    throw wrong(file, (error as Error).message);
  }
}

function read(file: string): string | undefined {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length >= 32) return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  throw wrong(
    file,
    'it is damaged (too short); put the backup back, or delete it: links and tokens on their way then end',
  );
}

/** Written whole beside its place and then linked there: of two processes that start at once both get the first one's. */
function make(folder: string, file: string): string {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  makeFolder(folder);
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return read(file)!;
}

function wrong(file: string, why: string): Misconfiguration {
  return new Misconfiguration([
    { key: 'secret', message: `GATEHOUSE_SECRET is not set, and the secret kept in ${file} cannot be used: ${why}` },
  ]);
}
