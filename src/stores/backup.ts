import Database from 'libsql';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CopyFailure } from './contract.js';
import { damageOf } from './sql/sqlite/integrity.js';

export interface Backup {
  bytes: number;
  users: number;
}

/**
 * Copies an SQLite database as it is at one moment, while servers read and write it. The copy appears whole or not at all,
 * is readable by its owner only because it holds password hashes, and never takes the place of another file.
 * @throws CopyFailure
 */
export function backupSqlite(path: string, target: string): Backup {
  if (!existsSync(path)) throw new CopyFailure(`There is no database at ${path}.`);
  if (existsSync(target)) throw new CopyFailure(`${target} exists already; a backup overwrites nothing.`);
  const draft = `${target}.${process.pid}.part`;
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    copyInto(path, draft);
    const users = check(draft);
    flush(draft);
    linkSync(draft, target);
    return { users, bytes: statSync(target).size };
  } catch (error) {
    if (error instanceof CopyFailure) throw error;
    throw new CopyFailure(`The backup could not be made: ${(error as Error).message}`);
  } finally {
    rmSync(draft, { force: true });
    rmSync(`${draft}-journal`, { force: true });
    if (existsSync(dirname(target))) flush(dirname(target));
  }
}

/** A read transaction: writers go on beside it. */
function copyInto(path: string, draft: string): void {
  const database = new Database(path);
  try {
    database.pragma('busy_timeout = 5000');
    database.prepare('vacuum into ?').run(draft);
  } finally {
    database.close();
  }
}

function check(draft: string): number {
  const copy = new Database(draft);
  try {
    const damage = damageOf(copy);
    if (damage) throw new CopyFailure(`The database is damaged: ${damage}`);
    return (copy.prepare('select count(*) as users from users').get() as { users: number }).users;
  } finally {
    copy.close();
  }
}

function flush(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
