import Database from 'libsql';
import { existsSync } from 'node:fs';
import type { Session, SessionStore } from './contract.js';
import { openRestoring, type Restoring, type StoreOptions } from './open.js';
import { inTransaction, type Sql } from './sql/engine.js';
import { migrationNames } from './sql/migrations.js';
import { sessionOf } from './sql/sessions.js';
import type { SessionsTable, Tables } from './sql/schema.js';

/** How many of each were taken over. */
export interface Restored {
  users: number;
  sessions: number;
}

/** The file cannot be restored; the message is for the operator. */
export class RestoreFailure extends Error {
  override readonly name = 'RestoreFailure';
}

/**
 * Puts what an SQLite database holds into the empty database of `options`, whatever its engine: all of it or nothing,
 * every number and time as it was, so that sessions, links and the audit log's seals go on counting. Where sessions are in
 * Redis they go there; counters of throttles begin anew then.
 * @param file a backup, or the database of a server that has stopped; it is only read
 * @throws RestoreFailure, and what `openStores` throws
 */
export async function restoreInto(options: StoreOptions, file: string): Promise<Restored> {
  const source = openSource(file);
  try {
    const target = await openRestoring(options);
    try {
      return await fillFrom(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    source.close();
  }
}

function openSource(file: string): Database.Database {
  if (!existsSync(file)) throw new RestoreFailure(`There is no file ${file}.`);
  try {
    const source = new Database(file, { readonly: true });
    refuseOthers(source, file);
    // everything as it is at one moment
    source.exec('begin');
    return source;
  } catch (error) {
    if (error instanceof RestoreFailure) throw error;
    throw new RestoreFailure(`${file} cannot be restored: ${(error as Error).message}`);
  }
}

function refuseOthers(source: Database.Database, file: string): void {
  const { quick_check: verdict } = source.prepare('pragma quick_check').get() as { quick_check: string };
  if (verdict !== 'ok') throw new RestoreFailure(`${file} is damaged: ${verdict}`);
  const done = migrationsOf(source);
  if (done.length === 0) throw new RestoreFailure(`${file} is no database of this server.`);
  const older = migrationNames.some((name) => !done.includes(name));
  if (older)
    throw new RestoreFailure(`${file} is of an older version; first: DATABASE_URL=sqlite:${file} gatehouse migrate`);
  const newer = done.some((name) => !migrationNames.includes(name));
  if (newer) throw new RestoreFailure(`${file} was made by a newer version; restore it with that one.`);
}

function migrationsOf(source: Database.Database): string[] {
  const there = source.prepare(`select 1 from sqlite_master where name = 'gatehouse_migrations'`).all([]);
  if (there.length === 0) return [];
  return (source.prepare('select name from gatehouse_migrations').all([]) as { name: string }[]).map(
    ({ name }) => name,
  );
}

/** Parents before their children. Leases and revisions are about the processes that work with a database. */
const everywhere = ['users', 'groups', 'memberships', 'links', 'outbox', 'jobs', 'audit'] as const;
const withoutRedis = ['sessions', 'counters'] as const;

async function fillFrom(
  source: Database.Database,
  { sql, redis }: Restoring,
  { clock }: StoreOptions,
): Promise<Restored> {
  const tables = redis ? everywhere : [...everywhere, ...withoutRedis];
  await numberOn(source, sql);
  await inTransaction(sql, async (inside) => {
    await refuseFull(inside);
    for (const table of tables) await copyTable(source, inside, table);
    const [head] = source.prepare('select last, hash, anchor from audit_head').all([]) as [Tables['audit_head']];
    await inside.db.updateTable('audit_head').set(head).execute();
  });
  const sessions = redis ? await copySessions(source, redis, clock.now()) : countOf(source, 'sessions');
  return { users: countOf(source, 'users'), sessions };
}

const countOf = (source: Database.Database, table: keyof Tables): number =>
  (source.prepare(`select count(*) as rows from ${table}`).get([]) as { rows: number }).rows;

async function refuseFull({ db }: Sql): Promise<void> {
  for (const table of [...everywhere, ...withoutRedis]) {
    const [row] = await db.selectFrom(table).selectAll().limit(1).execute();
    if (row)
      throw new RestoreFailure(
        'The database of DATABASE_URL is not empty; what is in it would be mixed with the file.',
      );
  }
}

/** No number of a user or group that was deleted is given again (see `ColumnTypes.id`). */
async function numberOn(source: Database.Database, { db, engine }: Sql): Promise<void> {
  const last = source.prepare(`select name, seq from sqlite_sequence where name in ('users', 'groups')`).all([]);
  for (const { name, seq } of last as { name: 'users' | 'groups'; seq: number }[])
    await engine.numberFrom(db, name, seq + 1);
}

const rowsAtOnce = 200;

async function copyTable(source: Database.Database, { db }: Sql, table: keyof Tables): Promise<void> {
  for (const rows of inPortions<object>(source, table))
    await db
      .insertInto(table)
      .values(rows as never[])
      .execute();
}

function* inPortions<T>(source: Database.Database, table: keyof Tables): Generator<T[]> {
  let rows: T[] = [];
  for (const row of source.prepare(`select * from ${table}`).iterate([]) as IterableIterator<T>) {
    rows.push(row);
    if (rows.length < rowsAtOnce) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** After the users, for whom alone they mean anything: who is not found in Redis has to log in again. */
async function copySessions(source: Database.Database, sessions: SessionStore, now: number): Promise<number> {
  let count = 0;
  try {
    for (const rows of inPortions<SessionsTable>(source, 'sessions')) {
      const live: Session[] = rows.map(sessionOf).filter(({ expiresAt }) => expiresAt > now);
      await Promise.all(live.map((session) => sessions.insert(session)));
      count += live.length;
    }
  } catch (error) {
    const rest = `the sessions could not be put into Redis (${(error as Error).message}), so people have to log in again.`;
    throw new RestoreFailure(`Everything else is restored; ${rest}`);
  }
  return count;
}
