import Database from 'libsql';
import { sql, SqliteAdapter, SqliteDialect, type Dialect, type Kysely, type SqliteStatement } from 'kysely';
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Misconfiguration } from '../../errors.js';
import { StoreUnavailable } from '../contract.js';
import { countUp } from './count-up.js';
import type { Engine, LocalDatabase } from './engine.js';
import { guarded } from './guard.js';
import type { Tables } from './schema.js';

/** While SQLite itself waits for another process's write the whole thread waits with it: a moment only, then we wait. */
const blockingMilliseconds = 10;

interface Limits {
  /** how long a statement waits for another process */
  statementTimeoutMs: number;
}

/**
 * SQLite in one file. WAL with synchronous NORMAL: what was committed survives `kill -9`; a power cut may lose the last
 * commits but never breaks the file.
 */
export function openSqlite(path: string, { statementTimeoutMs }: Limits): Engine {
  const file = openFile(path);
  const translate = (error: unknown) => translateError(error, path);
  const patience = { milliseconds: statementTimeoutMs, helps: isBusy };
  return {
    name: 'sqlite',
    dialect: guarded(transactional(new SqliteDialect({ database: file })), { translate, patience }),
    close: async () => file.close(),
    adopt: path === ':memory:' ? async () => {} : adoptFile,
    types: {
      id: sql`integer primary key autoincrement`,
      reference: sql`integer`,
      integer: sql`integer`,
      small: sql`integer`,
      key: sql`text`,
      name: sql`text`,
      text: sql`text`,
    },
    translate,
    transactionMs: 2 * statementTimeoutMs,
    uniqueViolation,
    lostRace: () => false,
    insertedId: async (insert) => (await insert.returning('id').executeTakeFirstOrThrow()).id,
    insertMissing: (insert) => insert.onConflict((conflict) => conflict.doNothing()),
    replacing: (insert, key, values) =>
      insert.onConflict((conflict) => conflict.columns(key as never[]).doUpdateSet(values)),
    locked: (select) => select,
    countUp,
    extras: countChanges,
    local: localDatabase(file, path, translate),
  };
}

/** SQLite can undo a migration that failed half-way; its transaction is the lock between processes starting at once. */
function transactional(dialect: Dialect): Dialect {
  class Adapter extends SqliteAdapter {
    override get supportsTransactionalDdl() {
      return true;
    }
  }
  return Object.assign(dialect, { createAdapter: () => new Adapter() });
}

/** One connection to the file. Statements are prepared once; transactions take the write lock at their start. */
interface File {
  prepare(text: string): SqliteStatement;
  /** the same statement each time, prepared once */
  statement(text: string): Database.Statement;
  dataVersion(): unknown;
  readonly transactionOpen: boolean;
  close(): void;
}

function openFile(path: string): File {
  const database = openDatabase(path);
  const statement = statementCache(database);
  const version = database.prepare('pragma data_version').raw();
  let transactionOpen = false;
  // SQLite itself rolls back when the disk is full; what follows must not be committed one by one
  const stillOpen = () => {
    if (transactionOpen && !database.inTransaction) throw new StoreUnavailable('the transaction was rolled back');
  };
  const begin = () => {
    database.exec('begin immediate');
    transactionOpen = true;
  };
  const commit = () => {
    stillOpen();
    database.exec('commit');
    transactionOpen = false;
  };
  const rollback = () => {
    if (database.inTransaction) database.exec('rollback');
    transactionOpen = false;
  };
  const controls: Record<string, () => void> = { begin, commit, rollback };
  return {
    prepare(text) {
      const control = controls[text];
      if (control) return controlStatement(control);
      stillOpen();
      const prepared = statement(text);
      return {
        reader: prepared.reader,
        all: (parameters) => prepared.all([...parameters]),
        run: (parameters) => prepared.run([...parameters]),
        iterate: (parameters) => prepared.iterate([...parameters]),
      };
    },
    statement,
    dataVersion: () => (version.get([]) as unknown[])[0],
    get transactionOpen() {
      return transactionOpen;
    },
    close() {
      if (!database.open) return;
      // the library leaves the write-ahead log behind; a closed database is one file
      if (path !== ':memory:') tolerate(() => database.exec('pragma wal_checkpoint(truncate)'));
      database.close();
    },
  };
}

function controlStatement(control: () => void): SqliteStatement {
  const run = () => {
    control();
    return { changes: 0, lastInsertRowid: 0 };
  };
  return { reader: false, run, all: () => [], iterate: () => [][Symbol.iterator]() };
}

/** Preparing costs more than running. Bounded, because lists of values make statements of any length. */
function statementCache(database: Database.Database): (text: string) => Database.Statement {
  const most = 500;
  const known = new Map<string, Database.Statement>();
  return (text) => {
    const found = known.get(text);
    if (found) return found;
    if (known.size >= most) known.clear();
    const made = database.prepare(text);
    known.set(text, made);
    return made;
  };
}

/** Everything that can be wrong with the file is found here, before anything is written to it. */
function openDatabase(path: string): Database.Database {
  if (path !== ':memory:') checkFile(path);
  const database = attemptOpen(path, () => new Database(path));
  attemptOpen(path, () => {
    database.pragma(`busy_timeout = ${blockingMilliseconds}`);
    database.prepare('select count(*) from sqlite_master').get();
    database.pragma('foreign_keys = on');
  });
  return database;
}

/** WAL lets others read while one writes. */
async function adoptFile(db: Kysely<Tables>): Promise<void> {
  await sql`pragma journal_mode = wal`.execute(db);
  await sql`pragma synchronous = normal`.execute(db);
  await sql`pragma cache_size = -16000`.execute(db);
}

function checkFile(path: string): void {
  const folder = dirname(path);
  const there = existsSync(path);
  try {
    if (!there) createFile(path);
    accessSync(folder, constants.W_OK);
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch {
    const what = there ? `the database ${path}, or its folder, is read-only` : `${folder} cannot be written to`;
    throw mistake(`${what} for the user this server runs as`);
  }
  if (there && !statSync(path).isFile()) throw mistake(`${path} is not a file`);
}

/** Nobody else needs to read password hashes; SQLite gives its log the same rights. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, 'a', 0o600));
}

function attemptOpen<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw openingMistake(path, error);
  }
}

function openingMistake(path: string, error: unknown): Error {
  const text = messageOf(error);
  const code = codeOf(error);
  if (code.startsWith('SQLITE_BUSY')) return new StoreUnavailable(`${path} is locked by another program`);
  if (code.startsWith('SQLITE_READONLY')) return mistake(`the database ${path} is read-only`);
  if (code.startsWith('SQLITE_NOTADB')) return mistake(`${path} is not an SQLite database, or it is damaged`);
  if (code.startsWith('SQLITE_CORRUPT')) return mistake(`the database ${path} is damaged (${text}); restore a backup`);
  return mistake(`the database ${path} cannot be opened: ${text}`);
}

const mistake = (message: string) => new Misconfiguration([{ key: 'DATABASE_URL', message }]);

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error));

const unavailable = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL|NOMEM|INTERRUPT)/;

function translateError(error: unknown, path: string): unknown {
  const message = messageOf(error);
  if (!unavailable.test(codeOf(error)) && !message.includes('connection is not open')) return error;
  return new StoreUnavailable(`${path}: ${message}`, { cause: error });
}

function uniqueViolation(error: unknown): string | undefined {
  if (!/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(codeOf(error))) return undefined;
  return messageOf(error);
}

function localDatabase(file: File, path: string, translate: (error: unknown) => unknown): LocalDatabase {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    rows: (text, parameters) => attempt(() => file.statement(text).all([...parameters])),
    row: (text, parameters) => attempt(() => file.statement(text).get([...parameters])),
    dataVersion: path === ':memory:' ? undefined : () => attempt(file.dataVersion),
    get transactionOpen() {
      return file.transactionOpen;
    },
  };
}

/**
 * Triggers count every change that a remembered session or user must not outlive, whoever made it: this server, another
 * worker, the command line or a person with an SQL prompt. Activity (`last_seen_at`, `expires_at`) does not count.
 */
async function countChanges(db: Kysely<Tables>): Promise<void> {
  await sql`create table revisions (name text primary key not null, value integer not null)`.execute(db);
  await sql`insert into revisions values ('sessions', 0), ('users', 0)`.execute(db);
  const watched = [
    ['sessions', 'sessions', 'delete'],
    [
      'sessions',
      'sessions',
      'update of key, user_id, actor_id, actor_key, data, authenticated_at, absolute_expires_at',
    ],
    ['users', 'users', 'delete'],
    ['users', 'users', 'update'],
    ['users', 'memberships', 'insert'],
    ['users', 'memberships', 'delete'],
    ['users', 'groups', 'update'],
    ['users', 'groups', 'delete'],
  ] as const;
  for (const [name, table, event] of watched) {
    const trigger = `count_${table}_${event.slice(0, 6)}`;
    const body = `update revisions set value = value + 1 where name = '${name}'`;
    await sql.raw(`create trigger ${trigger} after ${event} on ${table} begin ${body}; end`).execute(db);
  }
}

function tolerate(work: () => void): void {
  try {
    work();
  } catch {
    // closing anyway
  }
}
