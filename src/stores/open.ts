import { Kysely, sql as raw } from 'kysely';
import { join } from 'node:path';
import type { Clock } from '../auth/services.js';
import type { Settings } from '../config/settings.js';
import { Misconfiguration } from '../errors.js';
import type { Session, Stores, User } from './contract.js';
import { createAudit } from './sql/audit.js';
import { createCounters } from './sql/counters.js';
import { inTransaction, type Engine, type Sql } from './sql/engine.js';
import { lease } from './sql/leases.js';
import { createLinks } from './sql/links.js';
import { createMemory, noMemory, watchFile, type Memory } from './sql/memory.js';
import { migrateSchema } from './sql/migrations.js';
import { createOutbox } from './sql/outbox.js';
import type { Tables } from './sql/schema.js';
import { createSessions } from './sql/sessions.js';
import { openSqlite } from './sql/sqlite/engine.js';
import { createUsers } from './sql/users.js';

export interface StoreOptions {
  /** `sqlite:FILE`, `sqlite::memory:`; '' = `sqlite:<dataDir>/gatehouse.sqlite` */
  databaseUrl: string;
  /** '' = sessions and counters live in the database too */
  redisUrl?: string;
  dataDir: string;
  clock: Clock;
  database?: Partial<Settings['database']>;
  redis?: Partial<Settings['redis']>;
}

/**
 * Opens the stores and brings the schema up to date.
 * @throws Misconfiguration when the URL or the database is not usable; StoreUnavailable when it cannot be reached now
 */
export async function openStores(options: StoreOptions): Promise<Stores> {
  const engine = await openEngine(options);
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  try {
    await migrateSchema(db, engine);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return storesOf({ db, engine, clock: options.clock, transaction: false });
}

/** Only brings the schema up to date; answers the names of the migrations that were done. */
export async function migrate(options: StoreOptions): Promise<string[]> {
  const engine = await openEngine(options);
  const db = new Kysely<Tables>({ dialect: engine.dialect });
  try {
    return await migrateSchema(db, engine);
  } finally {
    await engine.close();
  }
}

const usualLimits = { poolSize: 10, statementTimeoutMs: 5000, connectTimeoutMs: 2000 };

async function openEngine({ databaseUrl, dataDir, database }: StoreOptions): Promise<Engine> {
  const limits = { ...usualLimits, ...database };
  const url = databaseUrl || `sqlite:${join(dataDir, 'gatehouse.sqlite')}`;
  if (url.startsWith('sqlite:')) return openSqlite(sqlitePath(url), limits);
  const message = `"${url.split(':')[0]}:" is not a database this server knows; use sqlite:FILE`;
  throw new Misconfiguration([{ key: 'DATABASE_URL', message }]);
}

function sqlitePath(url: string): string {
  const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path) return path;
  throw new Misconfiguration([{ key: 'DATABASE_URL', message: 'names no file; write sqlite:FILE' }]);
}

interface Memories {
  users: Memory<number, User>;
  sessions: Memory<string, Session>;
}

/** Enough that the people of a busy hour are remembered; a session takes about half a kilobyte. */
const mostSessions = 20_000;
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
