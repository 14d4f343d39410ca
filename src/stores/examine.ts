import { randomBytes } from 'node:crypto';
import { sql as raw, type RawBuilder } from 'kysely';
import type { Engine, Sql } from './sql/engine.js';
import { pendingMigrations } from './sql/migrations.js';
import { openEngine, sqlOf, type StoreOptions } from './open.js';

/** What `gatehouse doctor` finds out about a database; everything it made is gone afterwards. */
export interface DatabaseReport {
  engine: Engine['name'];
  /** as the server calls it: `15.13`, `10.11.14-MariaDB` */
  version: string;
  /** how long an answer took */
  milliseconds: number;
  /** how far its clock is ahead of ours, in milliseconds; undefined = it has none of its own */
  clockAhead: number | undefined;
  /** connections it accepts from all its clients together */
  connections: number | undefined;
  /** SQLite: `wal`, where its file system can do that */
  journal: string | undefined;
  /** migrations that are still to be done */
  pending: string[];
  /** what it does not let us do, in its own words */
  refusal: string | undefined;
}

/** @throws Misconfiguration when the URL or the database is not usable; StoreUnavailable when it does not answer */
export async function examineDatabase(options: StoreOptions): Promise<DatabaseReport> {
  const engine = await openEngine(options);
  try {
    const sql = sqlOf(engine, options);
    const pending = await pendingMigrations(sql.db as never);
    return { engine: engine.name, pending, ...(await introduce(sql)), refusal: await refusalOf(sql) };
  } finally {
    await engine.close();
  }
}

interface Introduction {
  version: string;
  now: number | null;
  connections: number | null;
  journal: string | null;
}

const nothing = raw<null>`null`;
const questions: Record<Engine['name'], RawBuilder<Introduction>> = {
  sqlite: raw`select sqlite_version() as version, ${nothing} as now, ${nothing} as connections,
    (select journal_mode from pragma_journal_mode) as journal`,
  postgres: raw`select current_setting('server_version') as version,
    cast(extract(epoch from clock_timestamp()) * 1000 as float) as now,
    cast(current_setting('max_connections') as integer) as connections, ${nothing} as journal`,
  mysql: raw`select version() as version, cast(unix_timestamp(now(3)) * 1000 as double) as now,
    @@max_connections as connections, ${nothing} as journal`,
};

async function introduce({ db, engine }: Sql) {
  // the first question also opens the connection
  await raw`select 1`.execute(db);
  const began = Date.now();
  const { rows } = await questions[engine.name].execute(db);
  const { version, now, connections, journal } = rows[0]!;
  const milliseconds = Date.now() - began;
  return {
    version,
    milliseconds,
    clockAhead: now === null ? undefined : Math.round(now - (began + milliseconds / 2)),
    connections: connections ?? undefined,
    journal: journal ?? undefined,
  };
}

/** Does with a table of its own what migrations and stores do. */
async function refusalOf({ db }: Sql): Promise<string | undefined> {
  const table = raw.table(`gatehouse_doctor_${randomBytes(6).toString('hex')}`);
  try {
    await raw`create table ${table} (id integer primary key)`.execute(db);
  } catch (error) {
    return `create table: ${(error as Error).message}`;
  }
  try {
    for (const [name, statement] of Object.entries({
      'alter table': raw`alter table ${table} add column value integer`,
      'create index': raw`create index gatehouse_doctor on ${table} (value)`,
      insert: raw`insert into ${table} (id, value) values (1, 1)`,
      update: raw`update ${table} set value = 2`,
      delete: raw`delete from ${table}`,
    })) {
      const refusal = await statement.execute(db).then(
        () => undefined,
        (error: Error) => `${name}: ${error.message}`,
      );
      if (refusal) return refusal;
    }
    return undefined;
  } finally {
    await raw`drop table ${table}`.execute(db);
  }
}
