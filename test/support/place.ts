import { afterAll } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import Database from 'libsql';
import { join } from 'node:path';
import { freshMysql, freshPostgres, type FreshDatabase } from '../stores/servers.js';

/**
 * Where a test's stores live. `TEST_ENGINE` names the database (sqlite, postgres, mariadb), `TEST_ENGINE_REDIS=1` puts
 * sessions and counters into Redis. Without them it is SQLite. `npm run test:engines` runs the suites on every mix.
 */
export interface Place {
  /** the variables that lead a server, or a command, there */
  env: Record<string, string>;
  /** the settings that do, where there is no variable */
  config: Record<string, object>;
  /** past the stores; only what every engine understands */
  query(text: string): Promise<void>;
  /** the clock was moved: what Redis counts down by itself must have got as much older */
  pass(milliseconds: number): void;
}

/** A part of a place: its database, or its Redis. */
interface Part extends Partial<Place> {
  wipe?(): Promise<unknown>;
  remove?(): Promise<unknown>;
}

const { TEST_ENGINE: engine = 'sqlite', TEST_ENGINE_REDIS: withRedis } = process.env;

/** Making a database takes longer than most tests: those of a file hand theirs on, emptied. */
const free = { database: [] as Part[], keys: [] as Part[] };
const taken = { database: [] as Part[], keys: [] as Part[] };
const byFolder = new Map<string, Place>();

/** The same `dataDir` leads to the same stores until the end of the test, as after a restart. */
export async function findPlace(dataDir?: string): Promise<Place> {
  const known = dataDir && byFolder.get(dataDir);
  if (known) return known;
  const place = joined(await takeDatabase(dataDir), withRedis ? await take('keys', openKeys) : {});
  if (dataDir) byFolder.set(dataDir, place);
  return place;
}

const takeDatabase = (dataDir?: string): Part | Promise<Part> =>
  engine === 'sqlite' ? embedded(dataDir) : take('database', openDatabase);

async function take(kind: keyof typeof free, open: () => Promise<Part>): Promise<Part> {
  const used = free[kind].pop();
  await used?.wipe?.();
  const part = used ?? (await open());
  taken[kind].push(part);
  return part;
}

function joined(...parts: [Part, Part]): Place {
  return {
    env: Object.assign({}, ...parts.map(({ env }) => env)) as Place['env'],
    config: Object.assign({}, ...parts.map(({ config }) => config)) as Place['config'],
    query: async (text) => parts.find(({ query }) => query)?.query!(text),
    pass: (milliseconds) => parts.forEach((part) => part.pass?.(milliseconds)),
  };
}

const databases: Record<string, () => Promise<Part>> = {
  postgres: async () =>
    served(await freshPostgres(server('TEST_POSTGRES_URL')), '"', (table) => `alter sequence ${table}_id_seq restart`),
  mariadb: async () =>
    served(await freshMysql(server('TEST_MARIADB_URL')), '`', (table) => `alter table \`${table}\` auto_increment = 1`),
};

function openDatabase(): Promise<Part> {
  const open = databases[engine];
  if (!open) throw new Error(`TEST_ENGINE=${engine} is none of sqlite, ${Object.keys(databases).join(', ')}`);
  return open();
}

function server(variable: string): string {
  const url = process.env[variable];
  if (!url) throw new Error(`TEST_ENGINE=${engine} TEST_ENGINE_REDIS=${withRedis ?? ''} needs ${variable}`);
  return url;
}

/** In memory; in its folder when others shall find it there. */
function embedded(dataDir?: string): Part {
  return {
    env: { DATABASE_URL: dataDir ? '' : 'sqlite::memory:' },
    async query(text) {
      const database = new Database(join(dataDir!, 'gatehouse.sqlite'));
      database.exec(text);
      database.close();
    },
  };
}

/** Children before their parents. */
const tables = 'memberships groups sessions links users counters outbox jobs audit leases'.split(' ');

function served(database: FreshDatabase, quote: string, restart: (table: string) => string): Part {
  const wiping = [
    ...tables.map((table) => `delete from ${quote}${table}${quote}`),
    `update audit_head set last = 0, hash = '', anchor = ''`,
    ...['users', 'groups'].map(restart),
  ].join(';');
  return {
    env: { DATABASE_URL: database.databaseUrl },
    query: database.query,
    wipe: () => database.query(wiping),
    remove: database.remove,
  };
}

/** KEYS: none. ARGV: beginning of our keys, milliseconds. Lets them pass for whatever ends by itself. */
const pass = `
  for _, key in ipairs(redis.call('keys', ARGV[1])) do
    local rest = redis.call('pttl', key)
    if rest >= 0 then redis.call('pexpire', key, math.max(rest - ARGV[2], 0)) end
    if key:sub(-5) == ':full' then
      for _, counter in ipairs(redis.call('zrange', key, 0, -1)) do redis.call('zincrby', key, -ARGV[2], counter) end
    end
  end`;

/** Keys of our own on a server that tests may use. */
async function openKeys(): Promise<Part> {
  const url = server('TEST_REDIS_URL');
  const prefix = `gatehouse-${randomBytes(6).toString('hex')}:`;
  const client = new Redis(url);
  await client.ping();
  const ours = `{${prefix}*`;
  const wipe = async () => {
    const keys = await client.keys(ours);
    if (keys.length > 0) await client.del(keys);
  };
  return {
    env: { REDIS_URL: url },
    config: { redis: { prefix } },
    pass: (milliseconds) => void client.eval(pass, 0, ours, milliseconds),
    wipe,
    remove: () => wipe().then(() => client.disconnect()),
  };
}

/** After the servers of a test have stopped. */
export function leavePlaces(): void {
  for (const kind of ['database', 'keys'] as const) free[kind].push(...taken[kind].splice(0));
  byFolder.clear();
}

afterAll(async () => {
  leavePlaces();
  await Promise.all(Object.values(free).flatMap((parts) => parts.splice(0).map(async (part) => part.remove?.())));
});
