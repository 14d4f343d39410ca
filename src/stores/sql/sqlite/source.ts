import Database from 'libsql';
import { existsSync } from 'node:fs';
import { CopyFailure } from '../../contract.js';
import { migrationNames, migrationTable } from '../migrations.js';
import type { Tables } from '../schema.js';
import { isBusy } from './errors.js';
import { damageOf } from './integrity.js';

/** What a database file held at one moment. */
export interface Source {
  /** the rows of a table, some at a time */
  portions<T extends keyof Tables>(table: T): Generator<Tables[T][]>;
  users(): number;
  /** sessions that are not over */
  sessions(now: number): number;
  /** the highest number that was ever given */
  numbers(): { name: 'users' | 'groups'; seq: number }[];
  auditHead(): Omit<Tables['audit_head'], 'id'>;
  close(): void;
}

/** A file of this version of ours, whole, only read, and nobody else's meanwhile. @throws CopyFailure */
export function openSource(file: string): Source {
  if (!existsSync(file)) throw new CopyFailure(`There is no file ${file}.`);
  let database: Database.Database | undefined;
  try {
    refuseUsed(file);
    database = new Database(file);
    database.exec('pragma query_only = on');
    refuseDamaged(database, file);
    refuseOthers(migrationsOf(database), file);
    database.exec('begin');
    return sourceOf(database);
  } catch (error) {
    database?.close();
    if (error instanceof CopyFailure) throw error;
    throw new CopyFailure(`${file} cannot be restored: ${(error as Error).message}`);
  }
}

function sourceOf(database: Database.Database): Source {
  const all = <T>(text: string, ...parameters: unknown[]): T[] => database.prepare(text).all(parameters) as T[];
  const count = (text: string, ...parameters: unknown[]): number =>
    all<{ rows: number }>(`select count(*) as rows from ${text}`, ...parameters)[0]!.rows;
  return {
    portions: (table) => inPortions(database.prepare(`select * from ${table}`).iterate([]) as IterableIterator<never>),
    users: () => count('users'),
    sessions: (now) => count('sessions where expires_at > ?', now),
    numbers: () => all(`select name, seq from sqlite_sequence where name in ('users', 'groups')`),
    auditHead: () => all<Tables['audit_head']>('select last, hash, anchor from audit_head')[0]!,
    close: () => database.close(),
  };
}

const most = { rows: 200, characters: 1_000_000 };

/** Small enough for one statement of any server. */
function* inPortions<T extends object>(rows: Iterable<T>): Generator<T[]> {
  let portion: T[] = [];
  let characters = 0;
  for (const row of rows) {
    portion.push(row);
    for (const value of Object.values(row)) characters += String(value).length;
    if (portion.length < most.rows && characters < most.characters) continue;
    yield portion;
    [portion, characters] = [[], 0];
  }
  if (portion.length > 0) yield portion;
}

/** What a server that still runs writes from now on would be lost. Whoever has the file open shares a lock on it. */
function refuseUsed(file: string): void {
  const probe = new Database(file);
  try {
    // no prepared statement: the driver would keep the lock until it is collected
    probe.exec('pragma query_only = on; pragma locking_mode = exclusive; select 1 from sqlite_master');
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new CopyFailure(`${file} is in use. Stop its server, or restore a copy: npx gatehouse backup FILE`);
  } finally {
    probe.close();
  }
}

function refuseDamaged(database: Database.Database, file: string): void {
  const damage = damageOf(database);
  if (damage) throw new CopyFailure(`${file} is damaged: ${damage}`);
  const [orphan] = database.prepare('pragma foreign_key_check').all([]) as { table: string; parent: string }[];
  if (!orphan) return;
  const what = `${orphan.table} has rows whose row in ${orphan.parent} is gone`;
  throw new CopyFailure(`${file} was changed by hand: ${what}; delete them, and try again.`);
}

function refuseOthers(done: string[], file: string): void {
  if (done.length === 0) throw new CopyFailure(`${file} is no database of this server.`);
  const older = migrationNames.some((name) => !done.includes(name));
  const first = `DATABASE_URL="sqlite:COPY" npx gatehouse migrate`;
  if (older) throw new CopyFailure(`${file} is of an older version. Copy it, bring the copy up to date: ${first}`);
  const newer = done.some((name) => !migrationNames.includes(name));
  if (newer) throw new CopyFailure(`${file} was made by a newer version; restore it with that one.`);
}

function migrationsOf(database: Database.Database): string[] {
  const there = database.prepare(`select 1 from sqlite_master where name = ?`).all([migrationTable]);
  if (there.length === 0) return [];
  return (database.prepare(`select name from ${migrationTable}`).all([]) as { name: string }[]).map(({ name }) => name);
}
