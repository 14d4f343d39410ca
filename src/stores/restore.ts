import { CopyFailure, StoreUnavailable, type Session, type SessionStore } from './contract.js';
import { openRestoring, type Restoring, type StoreOptions } from './open.js';
import { inTransaction, type Sql } from './sql/engine.js';
import { sessionOf } from './sql/sessions.js';
import { openSource, type Source } from './sql/sqlite/source.js';

/** How many of each were taken over. */
export interface Restored {
  users: number;
  /** that are not over */
  sessions: number;
}

/**
 * Puts what an SQLite database holds into the empty database of `options`, whatever its engine: all of it or nothing,
 * every number and time as it was, so that sessions, links and the audit log's seals go on counting. Where sessions are in
 * Redis they go there, after all the rest; counters of throttles begin anew then.
 * @param file a backup, or the database of a server that has stopped; it is only read
 * @throws CopyFailure, and what `openStores` throws
 */
export async function restoreInto(options: StoreOptions, file: string): Promise<Restored> {
  if (options.databaseUrl === 'sqlite::memory:') throw new CopyFailure('sqlite::memory: ends with this command.');
  const source = openSource(file);
  try {
    const target = await openRestoring(options);
    try {
      return await fillFrom(source, target, options.clock.now());
    } finally {
      await target.close();
    }
  } finally {
    source.close();
  }
}

/** Parents before their children. Leases and revisions are about the processes that work with a database. */
const everywhere = ['users', 'groups', 'memberships', 'links', 'outbox', 'jobs', 'audit'] as const;
const withoutRedis = ['sessions', 'counters'] as const;
type Table = (typeof everywhere)[number] | (typeof withoutRedis)[number];

async function fillFrom(source: Source, { sql, redis }: Restoring, now: number): Promise<Restored> {
  const tables = redis ? everywhere : [...everywhere, ...withoutRedis];
  const restored = { users: source.users(), sessions: source.sessions(now) };
  await refuseFull(sql);
  if (redis && restored.sessions > 0) await refuseStrangers(redis, now);
  // before the transaction, which MariaDB would end here
  for (const { name, seq } of source.numbers()) await sql.engine.numberFrom(sql.db, name, seq + 1);
  await inTransaction(sql, async (inside) => {
    await holdAlone(inside);
    await refuseFull(inside);
    for (const table of tables) await copyTable(source, inside, table);
    await inside.db.updateTable('audit_head').set(source.auditHead()).execute();
  });
  if (redis) await copySessions(source, redis, now);
  return restored;
}

const mixed = 'what is in it would be mixed with the file.';

async function refuseFull({ db }: Sql): Promise<void> {
  for (const table of [...everywhere, ...withoutRedis]) {
    const [row] = await db.selectFrom(table).selectAll().limit(1).execute();
    if (row) throw new CopyFailure(`The database of DATABASE_URL is not empty; ${mixed}`);
  }
}

/** Session records know their user by number only: those of another database would fall to people of this one. */
async function refuseStrangers(sessions: SessionStore, now: number): Promise<void> {
  if ((await sessions.count(now)) > 0)
    throw new CopyFailure(`Redis holds sessions already, under redis.prefix; ${mixed}`);
}

/** Whoever writes a line of the audit log, or restores as well, waits for the end of this. */
async function holdAlone({ db, engine }: Sql): Promise<void> {
  const head = await engine.locked(db.selectFrom('audit_head').select('last')).executeTakeFirstOrThrow();
  if (head.last > 0) throw new CopyFailure(`The database of DATABASE_URL has an audit log already; ${mixed}`);
}

async function copyTable(source: Source, { db, engine }: Sql, table: Table): Promise<void> {
  try {
    for (const rows of source.portions(table))
      await db
        .insertInto(table)
        .values(rows as never[])
        .execute();
  } catch (error) {
    if (error instanceof StoreUnavailable || engine.lostRace(error)) throw error;
    throw new CopyFailure(`${table} cannot be taken over (${(error as Error).message}); nothing was restored.`);
  }
}

/** After the users, for whom alone they mean anything: who is not found in Redis has to log in again. */
async function copySessions(source: Source, sessions: SessionStore, now: number): Promise<void> {
  try {
    for (const rows of source.portions('sessions')) {
      const live: Session[] = rows.map(sessionOf).filter(({ expiresAt }) => expiresAt > now);
      await Promise.all(live.map((session) => sessions.insert(session)));
    }
  } catch (error) {
    const why = (error as Error).message;
    const rest = `not every session could be put into Redis (${why}). Those people log in again; nothing is to be repeated.`;
    throw new CopyFailure(`Everything else is restored, but ${rest}`);
  }
}
