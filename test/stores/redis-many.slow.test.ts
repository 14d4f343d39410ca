import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stores } from '../../src/stores/contract.js';
import { openStores } from '../../src/stores/open.js';
import { hasRedisServer, startRedis, withClient, type RedisServer } from '../support/redis-servers.js';
import { frozenClock, newSession, start, times } from './kit.js';

const clock = frozenClock();
let server: RedisServer;
let stores: Stores;

beforeAll(async () => {
  if (!hasRedisServer()) return;
  server = await startRedis();
  const redisUrl = `redis://127.0.0.1:${server.port}`;
  stores = await openStores({ databaseUrl: 'sqlite::memory:', redisUrl, dataDir: '', clock });
});
afterAll(async () => {
  await stores?.close();
  await server?.kill();
});

/** How many scripts the server ran for `work`. */
async function scriptsOf(work: () => Promise<void>): Promise<number> {
  return withClient(server.port, async (client) => {
    await client.config('RESETSTAT');
    await work();
    const stats = await client.info('commandstats');
    return (
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]) + Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    );
  });
}

const insertMany = async (count: number, expiresAt: number) => {
  for (let done = 0; done < count; done += 500)
    await Promise.all(times(500, () => stores.sessions.insert(newSession(7, { expiresAt }))));
};
const remaining = () => withClient(server.port, (client) => client.dbsize());

const suite = hasRedisServer() ? test : test.skip;

suite('6,000 sessions of one user end at once, in steps that let others in between, and leave nothing', async () => {
  await insertMany(6000, start + 9e6);
  const scripts = await scriptsOf(async () => expect(await stores.sessions.deleteOfUser(7)).toBe(6000));
  expect(scripts).toBeGreaterThanOrEqual(60);
  expect(await remaining()).toBe(0);
});

suite('6,000 sessions that are over are swept in steps, and leave nothing', async () => {
  await insertMany(6000, start + 9e6);
  const later = start + 9e6;
  const scripts = await scriptsOf(async () => expect(await stores.sessions.sweep(later, 10_000)).toBe(6000));
  expect(scripts).toBeGreaterThanOrEqual(60);
  expect(await remaining()).toBe(0);
});
