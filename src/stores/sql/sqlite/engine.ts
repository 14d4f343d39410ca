import { sql, SqliteAdapter, SqliteDialect, type Dialect, type Kysely, type RawBuilder } from 'kysely';
import { countUp } from '../count-up.js';
import type { Engine, LocalDatabase, SomeRows } from '../engine.js';
import { guarded } from '../guard.js';
import type { Tables } from '../schema.js';
import { isBusy, translateError, uniqueViolation } from './errors.js';
import { openFile, type File } from './file.js';
import { createWriter, type Writer } from './writer.js';

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
  const betweenCommits = path === ':memory:' ? 0 : 3;
  const writer = createWriter(file, { patienceMs: statementTimeoutMs, betweenCommits, translate });
  const patience = { milliseconds: statementTimeoutMs, helps: isBusy };
  return {
    name: 'sqlite',
    dialect: guarded(transactional(new SqliteDialect({ database: file })), { translate, patience }),
    close: async () => {
      writer.flush();
      file.close();
    },
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
    async numberFrom(db, table, id) {
      await sql`delete from sqlite_sequence where name = ${table}`.execute(db);
      await sql`insert into sqlite_sequence (name, seq) values (${table}, ${id - 1})`.execute(db);
    },
    insertMissing: (insert) => insert.onConflict((conflict) => conflict.doNothing()),
    replacing: (insert, key, values) =>
      insert.onConflict((conflict) => conflict.columns(key as never[]).doUpdateSet(values)),
    partialIndexes: true,
    sorted: (column) => sql`+${sql.ref(column)}`,
    numberIn: (column, name) => sql`json_extract(${sql.ref(column)}, ${`$.${name}`})`,
    locked: (select) => select,
    deleteSome,
    countUp,
    async extras(db) {
      await countChanges(db);
      // a search reads this instead of everybody's whole row, and the thread waits for it
      await db.schema.createIndex('users_search').on('users').column('search_key').execute();
    },
    local: localDatabase(file, writer, path, translate),
  };
}

/** A DELETE knows no limit. */
function deleteSome({ table, key, over, most }: SomeRows): RawBuilder<unknown> {
  const some = sql`select ${sql.ref(key)} from ${sql.table(table)} where ${over} limit ${most}`;
  return sql`delete from ${sql.table(table)} where ${sql.ref(key)} in (${some})`;
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

/**
 * WAL lets others read while one writes. While SQLite itself waits for another process the whole thread waits with it:
 * as long as it likes while opening, a moment only from now on; then the guard waits instead.
 */
async function adoptFile(db: Kysely<Tables>): Promise<void> {
  await sql`pragma journal_mode = wal`.execute(db);
  await sql`pragma synchronous = normal`.execute(db);
  await sql`pragma cache_size = -16000`.execute(db);
  // the log is written back by whoever commits: in small portions that nobody feels
  await sql`pragma wal_autocheckpoint = 400`.execute(db);
  // a million sessions do not fit into the cache; pages that the system holds need not be copied
  await sql`pragma mmap_size = 268435456`.execute(db);
  await sql`pragma busy_timeout = 10`.execute(db);
}

function localDatabase(
  file: File,
  writer: Writer,
  path: string,
  translate: (error: unknown) => unknown,
): LocalDatabase {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    rows: (text, parameters) => attempt(() => file.statement(text).all([...parameters])),
    row: (text, parameters) => attempt(() => file.arrays(text).get([...parameters]) as unknown[] | undefined),
    lists: (text, parameters) => attempt(() => file.arrays(text).all([...parameters]) as unknown[][]),
    write: writer.write,
    writeBack: () => file.transactionOpen || attempt(() => file.statement('pragma wal_checkpoint(passive)').all([])),
    step: writer.step,
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
