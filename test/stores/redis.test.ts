import { test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores } from '../../src/stores/open.js';
import { fulfilsTheContract, type Opened } from './contract.js';
import { frozenClock } from './kit.js';
import { holdsBetweenProcesses } from './processes.js';
import { freshMysql, freshPostgres, wiping, type FreshDatabase } from './servers.js';

const redisUrl = process.env.TEST_REDIS_URL;
const postgres = process.env.TEST_POSTGRES_URL;
const mariadb = process.env.TEST_MARIADB_URL;

/** Keys of our own on a server that tests may use. */
function ownKeys(url: string) {
  const prefix = `gatehouse-${randomBytes(6).toString('hex')}:`;
  const client = new Redis(url);
  const wipe = async () => {
    for await (const keys of client.scanStream({ match: `{${prefix}*`, count: 1000 }) as AsyncIterable<string[]>)
      if (keys.length > 0) await client.del(keys);
  };
  return { prefix, client, wipe, remove: () => wipe().then(() => client.disconnect()) };
}

async function openMixed(redisUrl: string, database?: FreshDatabase, quote = '"'): Promise<Opened> {
  const clock = frozenClock();
  const keys = ownKeys(redisUrl);
  const databaseUrl = database?.databaseUrl ?? 'sqlite::memory:';
  const stores = await openStores({ databaseUrl, redisUrl, redis: { prefix: keys.prefix }, dataDir: '', clock });
  const close = async () => {
    await stores.close();
    await keys.remove();
    await database?.remove();
  };
  const wipe = async () => {
    await keys.wipe();
    await database!.query(wiping(quote).join(';'));
  };
  return { stores, clock, ...(database && { wipe }), close, sessionsElsewhere: true };
}

if (redisUrl) {
  fulfilsTheContract('Redis and SQLite', () => openMixed(redisUrl));
  if (postgres)
    fulfilsTheContract('Redis and PostgreSQL', async () => openMixed(redisUrl, await freshPostgres(postgres)));
  if (mariadb) fulfilsTheContract('Redis and MariaDB', async () => openMixed(redisUrl, await freshMysql(mariadb), '`'));

  holdsBetweenProcesses('Redis and SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
    const { prefix, remove } = ownKeys(redisUrl);
    const place = { databaseUrl: '', dataDir: folder, redisUrl, redis: { prefix } };
    return { place, remove: () => remove().then(() => rmSync(folder, { recursive: true })) };
  });
} else {
  test.skip('Redis: set TEST_REDIS_URL to run its suite', () => {});
}
