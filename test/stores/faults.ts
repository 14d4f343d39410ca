import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Stores, User } from '../../src/stores/contract.js';
import { openStores, type StoreOptions } from '../../src/stores/open.js';
import { startProxy, through, type Proxy } from '../support/proxy.js';
import { frozenClock, newLine, newLink, newSession, newUser, seal, start, times } from './kit.js';
import type { FreshDatabase } from './servers.js';

const limits = { poolSize: 4, statementTimeoutMs: 700, connectTimeoutMs: 600 };
const unavailable = expect.objectContaining({ name: 'StoreUnavailable' });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A database server that stops, hangs, refuses or is slow: bounded errors, no crash, back by itself. */
export function survivesItsServer(name: string, fresh: () => Promise<FreshDatabase>): void {
  describe(`${name} in trouble`, () => {
    let database: FreshDatabase;
    let proxy: Proxy;
    let options: StoreOptions;
    let stores: Stores;
    let alice: User;

    beforeAll(async () => {
      database = await fresh();
      proxy = await startProxy(Number(new URL(database.databaseUrl).port));
      const databaseUrl = through(proxy, database.databaseUrl);
      options = { databaseUrl, dataDir: '', clock: frozenClock(), database: limits };
      stores = await openStores(options);
      alice = await stores.users.insert(newUser());
    });
    afterAll(async () => {
      await stores.close();
      await proxy.close();
      await database.remove();
    });

    /** each way of asking, all at once */
    const askEverything = (): Promise<unknown>[] => [
      stores.ping(),
      (async () => stores.users.findById(alice.id))(),
      stores.users.findByUsername(alice.username),
      stores.users.update(alice.id, { name: 'x' }),
      (async () => stores.sessions.find('key'))(),
      stores.sessions.insert(newSession(alice.id)),
      stores.counters.counter('c', 1000, 60).take('key'),
      stores.links.issue(newLink(alice.id)),
      stores.audit.append(newLine(), seal),
      stores.atomically((inner) => inner.users.noteLogin(alice.id, start)),
      ...times(10, () => stores.ping()),
    ];
    const expectAllUnavailable = async (withinMs: number) => {
      const begin = performance.now();
      for (const result of await Promise.allSettled(askEverything()))
        expect(result).toEqual({ status: 'rejected', reason: unavailable });
      expect(performance.now() - begin).toBeLessThan(withinMs);
    };
    const expectBackWithin = async (milliseconds: number) => {
      const end = performance.now() + milliseconds;
      while (
        performance.now() < end &&
        !(await stores.ping().then(
          () => true,
          () => false,
        ))
      )
        await pause(20);
      const results = await Promise.allSettled(askEverything());
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    };

    test('gone while serving: everything says so at once, and works within 2 s of its return', async () => {
      await proxy.stop();
      await expectAllUnavailable(3000);
      await proxy.start();
      await expectBackWithin(2000);
    });

    test('restarted between two requests: nobody notices more than one error', async () => {
      await proxy.stop();
      await proxy.start();
      await pause(50);
      await expectBackWithin(1000);
    });

    test('silent: everything ends within its time limits, and works within 2 s of its return', async () => {
      proxy.silence();
      await expectAllUnavailable(8000);
      proxy.speak();
      await expectBackWithin(2000);
    }, 30_000);

    test('lost in the middle of a transaction: an error, and nothing half done', async () => {
      const link = newLink(alice.id, { purpose: 'unlock' });
      const work = stores.atomically(async (inner) => {
        await inner.links.issue(link);
        await proxy.stop();
        await inner.users.update(alice.id, { name: 'half' });
      });
      await expect(work).rejects.toEqual(unavailable);
      await proxy.start();
      await expectBackWithin(2000);
      expect(await stores.links.find(link.hash)).toBeUndefined();
    });

    test('a row that somebody else holds: a time-out for who needs it, while others go on', async () => {
      await database.query('begin');
      await database.query(`update users set language = 'de' where id = ${alice.id}`);
      const blocked = stores.users.noteLogin(alice.id, start);
      expect(await stores.users.findById(alice.id)).toMatchObject({ id: alice.id, language: '' });
      await expect(stores.users.insert(newUser())).resolves.toBeDefined();
      await expect(blocked).rejects.toEqual(unavailable);
      await database.query('rollback');
      await expect(stores.users.noteLogin(alice.id, start)).resolves.toBeUndefined();
    });

    test('more work than connections: those who would wait too long are told so', async () => {
      const hold = pause(1000);
      const holding = times(4, () => stores.atomically(async (inner) => inner.ping().then(() => hold)));
      await pause(50);
      // connections are waited for 600 ms, and each is held for 1000
      await expect(stores.ping()).rejects.toEqual(unavailable);
      await Promise.all(holding);
      await expect(stores.ping()).resolves.toBeUndefined();
    });

    test('not there at the start: unavailable, or waited for as long as the settings say', async () => {
      await proxy.stop();
      await expect(openStores(options)).rejects.toEqual(unavailable);
      const reasons: string[] = [];
      const waiting = openStores({
        ...options,
        database: { ...limits, waitSeconds: 10 },
        onWaiting: (reason) => void reasons.push(reason),
      });
      await pause(500);
      await proxy.start();
      const late = await waiting;
      await expect(late.ping()).resolves.toBeUndefined();
      await late.close();
      expect(reasons[0]).toContain('127.0.0.1');
    });

    test('a database that is not there is the operator’s mistake, said without the password', async () => {
      const url = new URL(options.databaseUrl);
      url.pathname = '/no_such_database';
      url.password = 'open-sesame';
      const error: unknown = await openStores({ ...options, databaseUrl: url.href }).catch((error: unknown) => error);
      expect(error).toMatchObject({ name: 'Misconfiguration', message: expect.stringContaining('DATABASE_URL: ') });
      expect(String(error)).not.toContain('sesame');
    });

    test('a newer version’s database is refused and left as it is', async () => {
      await database.query(`insert into gatehouse_migrations values ('9999_future', '2099')`);
      await expect(openStores(options)).rejects.toThrow(/made by a newer version \(it has 9999_future\)/);
      await database.query(`delete from gatehouse_migrations where name = '9999_future'`);
    });

    test('closed stores are unavailable', async () => {
      const closing = await openStores(options);
      await closing.close();
      await closing.close();
      await expect(closing.ping()).rejects.toEqual(unavailable);
      await expect((async () => closing.users.findById(1))()).rejects.toEqual(unavailable);
    });
  });
}
