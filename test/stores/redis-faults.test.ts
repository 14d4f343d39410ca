import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Stores, User } from '../../src/stores/contract.js';
import { openStores, type StoreOptions } from '../../src/stores/open.js';
import { parseRedisUrl } from '../../src/stores/redis/connect.js';
import { startProxy, through, type Proxy } from '../support/proxy.js';
import {
  hasRedisServer,
  startCluster,
  startSentinel,
  withClient,
  type RedisCluster,
} from '../support/redis-servers.js';
import { fulfilsTheContract } from './contract.js';
import { frozenClock, newLink, newSession, newUser, start, times } from './kit.js';

const redisUrl = process.env.TEST_REDIS_URL;
const unavailable = expect.objectContaining({ name: 'StoreUnavailable' });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ownPrefix = () => `gatehouse-${randomBytes(6).toString('hex')}:`;

describe('the URL', () => {
  test('names one server, sentinels or a cluster, with or without TLS', () => {
    const plain = { kind: 'single', tls: false, group: '', db: 0, nodes: [{ host: '::1', port: 6379 }] };
    expect(parseRedisUrl('redis://[::1]')).toMatchObject(plain);
    expect(parseRedisUrl('rediss://joe:s%40me@db.example:7000/3')).toMatchObject({
      tls: true,
      username: 'joe',
      password: 's@me',
      db: 3,
      nodes: [{ host: 'db.example', port: 7000 }],
    });
    expect(parseRedisUrl('redis+sentinel://:pw@a,b:1/house/2?sentinelPassword=x')).toMatchObject({
      kind: 'sentinel',
      password: 'pw',
      group: 'house',
      db: 2,
      sentinelPassword: 'x',
      nodes: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 1 },
      ],
    });
    expect(parseRedisUrl('rediss+cluster://a:1,b:2')).toMatchObject({ kind: 'cluster', tls: true });
  });

  test.each([
    'http://a',
    'redis:/a',
    'redis://',
    'redis://a:b',
    'redis://a/x',
    'redis+sentinel://a',
    'redis+other://a',
  ])('%s is a mistake that is named', async (redisUrl) => {
    const opening = openStores({ databaseUrl: 'sqlite::memory:', redisUrl, dataDir: '', clock: Date });
    await expect(opening).rejects.toThrow(/^REDIS_URL: /);
  });
});

if (redisUrl) {
  describe('Redis in trouble', () => {
    let proxy: Proxy;
    let options: StoreOptions;
    let stores: Stores;
    let alice: User;
    const clock = frozenClock();

    beforeAll(async () => {
      proxy = await startProxy(Number(new URL(redisUrl).port || 6379));
      const redis = { prefix: ownPrefix() };
      options = { databaseUrl: 'sqlite::memory:', redisUrl: through(proxy, redisUrl), redis, dataDir: '', clock };
      stores = await openStores(options);
      alice = await stores.users.insert(newUser());
    });
    afterAll(async () => {
      await stores.close();
      await proxy.close();
    });

    const askSessions = (): Promise<unknown>[] => [
      stores.ping(),
      Promise.resolve(stores.sessions.find('key')),
      stores.sessions.insert(newSession(alice.id)),
      stores.sessions.touch('key', start, start),
      stores.sessions.replaceData('key', {}),
      stores.sessions.delete('key'),
      stores.sessions.deleteOfUser(alice.id),
      stores.sessions.ofUser(alice.id, start),
      stores.sessions.list({ now: start }),
      stores.sessions.count(start),
      stores.counters.full(start),
    ];
    const expectUnavailable = async (withinMs: number) => {
      const begin = performance.now();
      for (const result of await Promise.allSettled(askSessions()))
        expect(result).toEqual({ status: 'rejected', reason: unavailable });
      expect(performance.now() - begin).toBeLessThan(withinMs);
    };
    const expectBackWithin = async (milliseconds: number) => {
      const end = performance.now() + milliseconds;
      const answers = () =>
        stores.ping().then(
          () => true,
          () => false,
        );
      while (performance.now() < end && !(await answers())) await pause(20);
      const results = await Promise.allSettled(askSessions());
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    };

    test('gone: sessions are unavailable at once, users stay, and all is back within 2 s', async () => {
      await proxy.stop();
      await expectUnavailable(1500);
      expect(await stores.users.findById(alice.id)).toEqual(alice);
      await expect(stores.users.insert(newUser())).resolves.toBeDefined();
      await proxy.start();
      await expectBackWithin(2000);
    });

    test('silent: everything ends within its time limits, and all is back within 2 s', async () => {
      proxy.silence();
      await expectUnavailable(4000);
      proxy.speak();
      await expectBackWithin(2000);
    });

    test.each(['gone', 'silent'])('%s: counters count in the process, with the same limit, never open', async (how) => {
      const counter = stores.counters.counter(`fault-${how}`, 5, 60);
      await counter.take('key');
      if (how === 'gone') await proxy.stop();
      else proxy.silence();
      const results = await Promise.all(times(20, () => counter.take('key')));
      expect(results.filter(({ allowed }) => allowed)).toHaveLength(5);
      expect(await counter.look('key')).toMatchObject({ taken: 5, remaining: 0 });
      await counter.giveBack('key');
      expect((await counter.take('key')).allowed).toBe(true);
      expect((await counter.take('key')).allowed).toBe(false);
      await counter.clear('key');
      expect((await counter.take('key')).allowed).toBe(true);
      if (how === 'gone') await proxy.start();
      else proxy.speak();
      await expectBackWithin(2000);
      // what Redis counted before is still counted
      expect((await counter.look('key')).taken).toBe(1);
    });

    test('restarted empty: the sessions are gone, the users fine', async () => {
      const session = newSession(alice.id);
      await stores.sessions.insert(session);
      await withClient(Number(new URL(redisUrl).port || 6379), async (client) => {
        const keys = await client.keys(`{${options.redis!.prefix}*`);
        await client.del(keys);
      });
      expect(await stores.sessions.find(session.key)).toBeUndefined();
      expect(await stores.sessions.touch(session.key, start, start + 1e6)).toBe(false);
      expect(await stores.users.findById(alice.id)).toEqual(alice);
    });

    test('a transaction that fails after sessions were ended ends them still, and nothing else', async () => {
      const session = newSession(alice.id);
      await stores.sessions.insert(session);
      const link = newLink(alice.id);
      const work = stores.atomically(async (inner) => {
        await inner.links.issue(link);
        await inner.sessions.deleteOfUser(alice.id);
        throw new Error('half-way');
      });
      await expect(work).rejects.toThrow('half-way');
      expect(await stores.sessions.find(session.key)).toBeUndefined();
      expect(await stores.links.find(link.hash)).toBeUndefined();
    });

    test('a session that begins while all of its user’s are being ended does not outlive the commit', async () => {
      const sneaky = newSession(alice.id);
      await stores.atomically(async (inner) => {
        await inner.sessions.deleteOfUser(alice.id);
        await stores.sessions.insert(sneaky);
        await inner.users.update(alice.id, { passwordHash: 'new' });
      });
      expect(await stores.sessions.find(sneaky.key)).toBeUndefined();
    });

    test('every key has a prefix and an end', async () => {
      await stores.sessions.insert(newSession(alice.id));
      await stores.counters.counter('c', 1, 60).take('key');
      await withClient(Number(new URL(redisUrl).port || 6379), async (client) => {
        const keys = await client.keys(`*${options.redis!.prefix}*`);
        expect(keys.length).toBeGreaterThan(5);
        for (const key of keys) {
          expect(key.startsWith(`{${options.redis!.prefix}`)).toBe(true);
          expect(await client.pttl(key)).toBeGreaterThan(0);
        }
      });
    });

    test('not there at the start: unavailable, or waited for as long as the settings say', async () => {
      await proxy.stop();
      await expect(openStores(options)).rejects.toEqual(unavailable);
      const waiting = openStores({ ...options, database: { waitSeconds: 10 } });
      await pause(300);
      await proxy.start();
      const late = await waiting;
      await expect(late.ping()).resolves.toBeUndefined();
      await late.close();
      await expect(late.ping()).rejects.toEqual(unavailable);
    });
  });
} else {
  test.skip('Redis in trouble: set TEST_REDIS_URL to run it', () => {});
}

if (redisUrl && hasRedisServer()) {
  let cluster: RedisCluster;
  fulfilsTheContract('Redis Cluster of three and SQLite', async () => {
    cluster ??= await startCluster();
    await cluster.empty();
    const clock = frozenClock();
    const options = { databaseUrl: 'sqlite::memory:', redisUrl: cluster.url, dataDir: '', clock };
    const stores = await openStores(options);
    return { stores, clock, close: () => stores.close(), sessionsElsewhere: true };
  });

  describe('a Redis Cluster', () => {
    test('has sessions on each of its nodes', async () => {
      const stores = await openStores({
        databaseUrl: 'sqlite::memory:',
        redisUrl: cluster.url,
        dataDir: '',
        clock: Date,
      });
      const sessions = times(60, () => newSession(7, { expiresAt: Date.now() + 9e6 }));
      await Promise.all(sessions.map((session) => stores.sessions.insert(session)));
      for (const { port } of cluster.servers)
        expect(await withClient(port, (client) => client.dbsize())).toBeGreaterThan(5);
      expect(await stores.sessions.deleteOfUser(7)).toBe(60);
      await stores.close();
    });
    afterAll(() => cluster.stop());
  });

  describe('Redis with a sentinel', () => {
    test('goes on with the copy when the master is lost', async () => {
      const house = await startSentinel();
      const clock = { now: () => Date.now() };
      const stores = await openStores({
        databaseUrl: 'sqlite::memory:',
        redisUrl: house.url,
        dataDir: '',
        clock,
        database: { waitSeconds: 10 },
      });
      const session = newSession(7, { expiresAt: Date.now() + 9e6 });
      await stores.sessions.insert(session);
      await withClient(house.master.port, (client) => client.call('wait', 1, 5000));
      await house.master.kill();
      let found: unknown;
      for (let attempt = 0; attempt < 200 && !found; attempt++) {
        found = await Promise.resolve(stores.sessions.find(session.key)).catch(() => undefined);
        await pause(100);
      }
      expect(found).toMatchObject({ userId: 7 });
      await expect(stores.sessions.insert(newSession(7))).resolves.toBeUndefined();
      await stores.close();
      await house.stop();
    }, 40_000);
  });
} else {
  test.skip('Redis Cluster and sentinel: set TEST_REDIS_URL and install redis-server to run them', () => {});
}
