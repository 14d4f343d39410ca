import { Kysely, sql as raw } from 'kysely';
import { join } from 'node:path';
import type { Clock } from '../auth/services.js';
import type { Settings } from '../config/settings.js';
import { StoreUnavailable, type Session, type SessionStore, type Stores, type User } from './contract.js';
import { openRedis, type RedisOptions } from './redis.js';
import { createAudit } from './sql/audit.js';
import { createCounters } from './sql/counters.js';
import { inTransaction, type Engine, type Sql } from './sql/engine.js';
import { lease } from './sql/leases.js';
import { createLinks } from './sql/links.js';
import { createMemory, noMemory, watchFile, type Memory } from './sql/memory.js';
import { migrateSchema, pendingMigrations } from './sql/migrations.js';
import { openMysql } from './sql/mysql.js';
import { mistake, Refused } from './sql/network.js';
import { createOutbox } from './sql/outbox.js';
import { openPostgres } from './sql/postgres.js';
import type { Tables } from './sql/schema.js';
import { createSessions } from './sql/sessions.js';
import { openSqlite } from './sql/sqlite/engine.js';
import { createUsers } from './sql/users.js';
import { withRedis } from './with-redis.js';

export interface StoreOptions {
  /** `sqlite:FILE`, `sqlite::memory:`; '' = `sqlite:<dataDir>/gatehouse.sqlite` */
  databaseUrl: string;
  /**
   * `redis://…`, `redis+sentinel://host,host/group`, `redis+cluster://host,host` (`rediss` with TLS);
   * '' = sessions and counters live in the database too
   */
  redisUrl?: string;
  dataDir: string;
  clock: Clock;
  database?: Partial<Settings['database']>;
  redis?: Partial<Settings['redis']>;
  /** hears why the database is waited for */
  onWaiting?(reason: string): void;
}

/**
 * Opens the stores and brings the schema up to date. A database that does not answer is waited for, as long as
 * `database.waitSeconds` says.
 * @throws Misconfiguration when the URL or the database is not usable; StoreUnavailable when it cannot be reached
 */
export async function openStores(options: StoreOptions): Promise<Stores> {
  const redis = options.redisUrl ? await openRedis(redisOptions(options)) : undefined;
  try {
    await waitFor(options, async () => redis?.ready());
    const { engine } = await waitFor(options, () => openUpToDate(options));
    const stores = storesOf(sqlOf(engine, options));
    return redis ? withRedis(stores, redis) : stores;
  } catch (error) {
    await redis?.close();
    throw error;
  }
}

const redisOptions = ({ redisUrl = '', redis, clock, database }: StoreOptions): RedisOptions => ({
  url: redisUrl,
  prefix: redis?.prefix ?? 'gatehouse:',
  clock,
  limits: { ...usualLimits, ...database },
});

/** What a restored database is filled through. */
export interface Restoring {
  sql: Sql;
  /** where sessions go instead */
  redis: SessionStore | undefined;
  close(): Promise<void>;
}

/** Opens the database, up to date, for statements that may take minutes. @throws as `openStores` */
export async function openRestoring(options: StoreOptions): Promise<Restoring> {
  await migrate(options);
  const redis = options.redisUrl ? await openRedis(redisOptions(options)) : undefined;
  try {
    await redis?.ready();
    const engine = await openSlowly(options);
    const close = async () => void (await Promise.all([engine.close(), redis?.close()]));
    return { sql: sqlOf(engine, options), redis: redis?.sessions, close };
  } catch (error) {
    await redis?.close();
    throw error;
  }
}

/** Only brings the schema up to date; answers the names of the migrations that were done. */
export async function migrate(options: StoreOptions): Promise<string[]> {
  const { engine, migrated } = await waitFor(options, () => openUpToDate(options));
  await engine.close();
  return migrated;
}

async function openUpToDate(options: StoreOptions): Promise<{ engine: Engine; migrated: string[] }> {
  const engine = await openEngine(options);
  try {
    return { engine, migrated: await upToDate(engine, options) };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

export const sqlOf = (engine: Engine, { clock }: StoreOptions): Sql => ({
  db: new Kysely<Tables>({ dialect: engine.dialect }),
  engine,
  clock,
  transaction: false,
});

async function upToDate(engine: Engine, options: StoreOptions): Promise<string[]> {
  const { db } = sqlOf(engine, options);
  const pending = await pendingMigrations(db);
  await engine.adopt(db);
  if (pending.length === 0) return [];
  return engine.local ? migrateSchema(db, engine) : migrateSlowly(options);
}

/** A migration may take minutes, and so may waiting for the process that does it. */
async function migrateSlowly(options: StoreOptions): Promise<string[]> {
  const engine = await openSlowly(options);
  try {
    return await migrateSchema(sqlOf(engine, options).db, engine);
  } finally {
    await engine.close();
  }
}

const openSlowly = (options: StoreOptions): Promise<Engine> =>
  openEngine({ ...options, database: { ...options.database, statementTimeoutMs: 3_600_000 } });

async function waitFor<T>({ database, onWaiting }: StoreOptions, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + 1000 * (database?.waitSeconds ?? 0);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refused) throw mistake(error.message);
      if (!(error instanceof StoreUnavailable) || performance.now() > end) throw error;
      onWaiting?.(error.message);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

const usualLimits = { poolSize: 10, statementTimeoutMs: 5000, connectTimeoutMs: 2000, tls: 'url' } as const;

export async function openEngine({ databaseUrl, dataDir, database }: StoreOptions): Promise<Engine> {
  const limits = { ...usualLimits, ...database };
  const text = databaseUrl || `sqlite:${join(dataDir, 'gatehouse.sqlite')}`;
  if (text.startsWith('sqlite:')) return openSqlite(sqlitePath(text), limits);
  const url = networkUrl(text);
  return url.protocol === 'mysql:' ? openMysql(url, limits) : openPostgres(url, limits);
}

function networkUrl(text: string): URL {
  const usual = text.replace(/^postgresql:/, 'postgres:').replace(/^mariadb:/, 'mysql:');
  const url = URL.canParse(usual) ? new URL(usual) : undefined;
  if (url?.protocol === 'postgres:' || url?.protocol === 'mysql:') return url;
  const scheme = /^[a-z0-9+.-]*(?=:)/i.exec(text)?.[0] ?? '';
  const what = scheme ? `"${scheme}:" is not a database this server knows` : 'this is not a database URL';
  throw mistake(`${what}; use sqlite:FILE, postgres://… or mysql://…`);
}

/** The file that a `sqlite:` URL names. */
export function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path) return path;
  throw mistake('names no file; write sqlite:FILE');
}

interface Memories {
  users: Memory<number, User>;
  sessions: Memory<string, Session>;
}

/**
 * Those who are active now: 1.7 MB at a third of a kilobyte each, so that 10,000 live sessions cost less than 2 MB. A
 * session that is not remembered costs one read of the file, some microseconds.
 */
const mostSessions = 5_000;
const mostUsers = 5_000;

function memoriesOf(engine: Engine): Memories {
  if (!engine.local) return { users: noMemory, sessions: noMemory };
  const look = watchFile(engine.local, {
    users: () => users.clear(),
    sessions: () => sessions.clear(),
  });
  const users = createMemory<number, User>(mostUsers, look);
  const sessions = createMemory<string, Session>(mostSessions, look);
  return { users, sessions };
}

function storesOf(sql: Sql, memories = memoriesOf(sql.engine)): Stores {
  const forgetSessionsOf = (id: number) =>
    memories.sessions.forgetWhere((session) => session.userId === id || session.actorId === id);
  const stores: Stores = {
    users: createUsers(sql, memories.users, forgetSessionsOf),
    sessions: createSessions(sql, memories.sessions),
    links: createLinks(sql),
    counters: createCounters(sql),
    outbox: createOutbox(sql, 'outbox'),
    jobs: createOutbox(sql, 'jobs'),
    audit: createAudit(sql),
    atomically: (work) => inTransaction(sql, (inner) => work(sql.transaction ? stores : storesOf(inner, memories))),
    ping: async () => void (await raw`select 1`.execute(sql.db)),
    lease: (name, holder, now, until) => lease(sql, { name, holder, now, until }),
    close: () => sql.engine.close(),
  };
  return stores;
}
