import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditEntry, Session, Stores, User } from '../../src/stores/contract.js';
import { type frozenClock, newLine, newLink, newMail, newSession, newUser, seal, start, times } from './kit.js';

export interface Opened {
  stores: Stores;
  clock: ReturnType<typeof frozenClock>;
  /** empties everything, past the stores; without it each test opens its own */
  wipe?(): Promise<void>;
  close(): Promise<void>;
  /** sessions do not live in the database of the users */
  sessionsElsewhere?: boolean;
}

/** What every engine, and every mix of engines, must fulfil. */
export function fulfilsTheContract(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened;
    let stores: Stores;
    let alice: User;

    beforeAll(async () => {
      opened = await open();
    });
    beforeEach(async () => {
      if (opened.wipe) await opened.wipe();
      else opened = await opened.close().then(open);
      stores = opened.stores;
      alice = await stores.users.insert(newUser({ username: 'alice', email: 'alice@example.org' }));
    });
    afterAll(() => opened.close());

    describe('users', () => {
      test('a user is found by number, name and address, whatever the letter case or width', async () => {
        expect(await stores.users.findById(alice.id)).toEqual(alice);
        expect(await stores.users.findByUsername('ALICE')).toEqual(alice);
        expect(await stores.users.findByUsername('Ａｌｉｃｅ')).toEqual(alice);
        expect(await stores.users.findByEmail('Alice@Example.ORG')).toEqual(alice);
      });

      // (ASVS 1.2.4)
      test('names that differ by an accent, a space or a wildcard are different people', async () => {
        const injections = ["alice' or 'a'='a", "alice'; drop table users; --", "alice' union select 1 --"];
        for (const username of ['alicé', 'alice ', ' alice', 'alic_', 'alic%', 'álice', 'alice\\', ...injections]) {
          expect(await stores.users.findByUsername(username)).toBeUndefined();
          expect(await stores.users.findByEmail(username)).toBeUndefined();
        }
        for (const search of injections) expect(await stores.users.list({ search })).toEqual([]);
        const spaced = await stores.users.insert(newUser({ username: 'alice ' }));
        expect((await stores.users.findByUsername('alice '))?.id).toBe(spaced.id);
        expect((await stores.users.findByUsername('alice'))?.id).toBe(alice.id);
      });

      test('every field comes back as it was stored, also in scripts and emoji beyond the basic plane', async () => {
        const given = {
          username: 'Zoë 😀',
          email: 'ZOË@example.org',
          passwordHash: '$2b$04$x',
          uuid: 'c0ffee',
          admin: true,
          disabled: true,
          verified: false,
          generated: true,
          starttime: 1,
          endtime: 2,
          crdate: 3,
          tstamp: 4,
          lockedUntil: 5,
          lastLogin: 6,
          lastSeen: 7,
          passwordChangedAt: start,
          language: 'de',
          timezone: 'Europe/Berlin',
          title: 'Dr.',
          name: "O'Neil \\",
          firstName: '名',
          middleName: '%_',
          lastName: '"',
          company: '\n',
          address: 'ä',
          zip: '0',
          city: '€',
          country: 'DE',
          telephone: '+49',
          fax: '-',
          www: 'https://example.org/?a=b&c',
        };
        const { id } = await stores.users.insert({ ...given, groups: ['editors', 'admins', 'editors'] });
        const { groups, ...found } = (await stores.users.findById(id))!;
        expect(found).toEqual({ id, ...given });
        expect(groups.map((group) => group.name).sort()).toEqual(['admins', 'editors']);
      });

      test('what is not given is empty, verified and stamped with the clock', async () => {
        expect(alice).toMatchObject({ admin: false, disabled: false, verified: true, generated: false, groups: [] });
        expect(alice).toMatchObject({ name: '', lockedUntil: 0, lastLogin: 0, crdate: start / 1000 });
        expect(alice).toMatchObject({ tstamp: start / 1000, passwordChangedAt: start });
        expect(alice.uuid).toMatch(/^[0-9a-f-]{36}$/);
      });

      test('a name or an address that is taken is refused with its field, in any letter case', async () => {
        await expect(stores.users.insert(newUser({ username: 'ALICE' }))).rejects.toMatchObject({ field: 'username' });
        const sameAddress = newUser({ email: 'ALICE@example.org' });
        await expect(stores.users.insert(sameAddress)).rejects.toMatchObject({ name: 'Taken', field: 'email' });
        const bob = await stores.users.insert(newUser({ username: 'bob' }));
        await expect(stores.users.update(bob.id, { username: 'Alice' })).rejects.toMatchObject({ field: 'username' });
        await expect(stores.users.update(bob.id, { email: alice.email })).rejects.toMatchObject({ field: 'email' });
        expect((await stores.users.findById(bob.id))?.username).toBe('bob');
      });

      test('any number of users have no address', async () => {
        await stores.users.insert(newUser());
        await stores.users.insert(newUser());
        expect(await stores.users.findByEmail('')).toBeUndefined();
      });

      test('of 50 who take the same name at once one gets it', async () => {
        const tries = times(50, () => stores.users.insert(newUser({ username: 'same' })));
        const results = await Promise.allSettled(tries);
        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const result of results)
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'Taken', field: 'username' });
      });

      test('50 new users with the same new group at once all end up in one group', async () => {
        const users = await Promise.all(times(50, () => stores.users.insert(newUser({ groups: ['new', 'other'] }))));
        expect(new Set(users.flatMap(({ groups }) => groups.map(({ id }) => id))).size).toBe(2);
        expect((await stores.users.groups()).map(({ name }) => name).sort()).toEqual(['new', 'other']);
      });

      test('an update changes what it names, moves tstamp, and is seen by the next read', async () => {
        opened.clock.advance(5000);
        const updated = await stores.users.update(alice.id, { firstName: 'Alice', groups: ['a'] });
        expect(updated).toEqual({
          ...alice,
          firstName: 'Alice',
          groups: [{ id: expect.any(Number), name: 'a' }],
          tstamp: Math.floor(opened.clock.now() / 1000),
        });
        expect(await stores.users.findById(alice.id)).toEqual(updated);
        expect((await stores.users.update(alice.id, { groups: [], tstamp: 7 }))?.tstamp).toBe(7);
        expect(await stores.users.findById(alice.id)).toMatchObject({ groups: [], firstName: 'Alice' });
        expect(await stores.users.update(999_999, { name: 'x' })).toBeUndefined();
      });

      test('a renamed user is found by the new name only', async () => {
        await stores.users.update(alice.id, { username: 'Alicia', email: 'alicia@example.org' });
        expect((await stores.users.findByUsername('alicia'))?.id).toBe(alice.id);
        expect(await stores.users.findByUsername('alice')).toBeUndefined();
        expect(await stores.users.findByEmail('alice@example.org')).toBeUndefined();
        expect(await stores.users.list({ search: 'ALICIA' })).toHaveLength(1);
      });

      test('a hash is replaced only while it is the expected one', async () => {
        expect(await stores.users.replaceHash(alice.id, 'other', 'new')).toBe(false);
        expect(await stores.users.replaceHash(alice.id, 'hash', 'new')).toBe(true);
        expect(await stores.users.findById(alice.id)).toMatchObject({ passwordHash: 'new', tstamp: alice.tstamp });
      });

      test('noting a login leaves tstamp alone', async () => {
        opened.clock.advance(60_000);
        await stores.users.noteLogin(alice.id, start + 9);
        const noted = { ...alice, lastLogin: start + 9, lastSeen: start + 9 };
        expect(await stores.users.findById(alice.id)).toEqual(noted);
      });

      test('a login is noted, and a change made meanwhile kept, also where the user is remembered', async () => {
        for (const at of times(20, (index) => start + index)) {
          await stores.users.findById(alice.id);
          const title = `Dr. ${at}`;
          await Promise.all([stores.users.noteLogin(alice.id, at), stores.users.update(alice.id, { title })]);
          expect(await stores.users.findById(alice.id)).toMatchObject({ lastLogin: at, title });
          await Promise.all([stores.users.update(alice.id, { title: '' }), stores.users.noteLogin(alice.id, at + 1)]);
          expect(await stores.users.findById(alice.id)).toMatchObject({ lastLogin: at + 1, title: '' });
        }
      });

      test('of 20 who lock a user at once one did it; when the lock is over it can be locked again', async () => {
        const results = await Promise.all(times(20, () => stores.users.lock(alice.id, start + 1000, start)));
        expect(results.filter(Boolean)).toHaveLength(1);
        expect((await stores.users.findById(alice.id))?.lockedUntil).toBe(start + 1000);
        expect(await stores.users.lock(alice.id, start + 9000, start + 999)).toBe(false);
        expect(await stores.users.lock(alice.id, start + 9000, start + 1000)).toBe(true);
      });

      test('with a user go their sessions and links, and the number is never given again', async () => {
        const session = newSession(alice.id);
        const link = newLink(alice.id);
        await stores.sessions.insert(session);
        await stores.sessions.find(session.key);
        await stores.links.issue(link);
        expect(await stores.users.delete(alice.id)).toBe(true);
        expect(await stores.users.delete(alice.id)).toBe(false);
        expect(await stores.users.findById(alice.id)).toBeUndefined();
        expect(await stores.sessions.find(session.key)).toBeUndefined();
        expect(await stores.links.find(link.hash)).toBeUndefined();
        expect((await stores.users.insert(newUser({ username: 'alice' }))).id).toBeGreaterThan(alice.id);
      });

      test('a list is searched, filtered, ordered and cut into pages', async () => {
        const bob = await stores.users.insert(newUser({ username: 'Bob', lastName: 'Ünlü', disabled: true }));
        const carol = await stores.users.insert(newUser({ username: 'carol', lockedUntil: start + 1, lastLogin: 5 }));
        const ids = async (query: Parameters<typeof stores.users.list>[0]) => {
          const found = await stores.users.list(query);
          expect(await stores.users.count({ ...query, limit: undefined, offset: undefined })).toBeGreaterThanOrEqual(
            found.length,
          );
          return found.map(({ id }) => id);
        };
        expect(await ids({})).toEqual([alice.id, bob.id, carol.id]);
        expect(await ids({ order: 'username', descending: true })).toEqual([carol.id, bob.id, alice.id]);
        expect(await ids({ order: 'lastLogin', descending: true, limit: 1 })).toEqual([carol.id]);
        expect(await ids({ offset: 1, limit: 1 })).toEqual([bob.id]);
        expect(await ids({ search: 'ÜNL' })).toEqual([bob.id]);
        expect(await ids({ search: 'EXAMPLE.org' })).toEqual([alice.id]);
        expect(await ids({ search: '%' })).toEqual([]);
        expect(await ids({ state: 'disabled' })).toEqual([bob.id]);
        expect(await ids({ state: 'locked', now: start })).toEqual([carol.id]);
        expect(await ids({ state: 'locked', now: start + 1 })).toEqual([]);
        expect(await ids({ state: 'active', search: 'a' })).toEqual([alice.id, carol.id]);
        expect(await stores.users.count()).toBe(3);
        expect(await stores.users.count({ search: 'bo' })).toBe(1);
      });

      test('generated users go when their time is over, others never', async () => {
        const over = await stores.users.insert(newUser({ generated: true, endtime: 100 }));
        await stores.users.insert(newUser({ generated: true, endtime: 101 }));
        await stores.users.insert(newUser({ generated: true, endtime: 0 }));
        await stores.users.insert(newUser({ generated: false, endtime: 50 }));
        expect(await stores.users.sweepGenerated(100, 10)).toEqual([over.id]);
        expect(await stores.users.count()).toBe(4);
        expect(await stores.users.findById(over.id)).toBeUndefined();
      });

      test('what is handed out cannot be changed by its reader', async () => {
        const read = (await stores.users.findById(alice.id))!;
        expect(() => (read.admin = true)).toThrow(TypeError);
        expect(() => read.groups.push({ id: 1, name: 'admins' })).toThrow(TypeError);
      });
    });

    describe('sessions', () => {
      const insert = async (values: Partial<Session> = {}) => {
        const session = newSession(alice.id, values);
        await stores.sessions.insert(session);
        return session;
      };

      test('a session comes back as it was stored, in full', async () => {
        const admin = await stores.users.insert(newUser());
        const session = await insert({
          actorId: admin.id,
          actorKey: 'k2',
          remember: true,
          data: { cart: [1, { a: 'é😀' }] },
          address: '2001:db8::1',
          userAgent: 'x'.repeat(500),
        });
        expect(await stores.sessions.find(session.key)).toEqual(session);
        const plain = await insert();
        expect(await stores.sessions.find(plain.key)).toEqual(plain);
        expect(await stores.sessions.find('unknown')).toBeUndefined();
      });

      test('what is handed out cannot be changed by its reader', async () => {
        const { key } = await insert({ data: { cart: [] } });
        const read = (await stores.sessions.find(key))!;
        expect(() => (read.userId = 1)).toThrow(TypeError);
        expect(() => (read.data.cart as unknown[]).push(1)).toThrow(TypeError);
      });

      test('a session cannot belong to a user who is gone', async () => {
        // in Redis it can; the user is looked for at each request and not found
        if (opened.sessionsElsewhere) return;
        await stores.users.delete(alice.id);
        const session = newSession(alice.id);
        await stores.sessions.insert(session).catch(() => {});
        expect(await stores.sessions.ofUser(alice.id, start)).toEqual([]);
      });

      test('activity, data and re-authentication are seen by the next read', async () => {
        const session = await insert();
        await stores.sessions.find(session.key);
        const later = start + 7_200_000;
        expect(await stores.sessions.touch(session.key, start + 1, later)).toBe(true);
        expect(await stores.sessions.find(session.key)).toMatchObject({ lastSeenAt: start + 1, expiresAt: later });
        expect(await stores.sessions.replaceData(session.key, { a: 1 })).toBe(true);
        expect(await stores.sessions.find(session.key)).toMatchObject({ data: { a: 1 }, lastSeenAt: start + 1 });
        expect(await stores.sessions.authenticated(session.key, start + 3)).toBe(true);
        expect(await stores.sessions.find(session.key)).toMatchObject({ authenticatedAt: start + 3, data: { a: 1 } });
      });

      test('hundreds of sessions of a user end at once, but for the one that is kept, and nobody else’s', async () => {
        const bob = await stores.users.insert(newUser());
        const theirs = await insert({ userId: bob.id });
        const kept = await insert();
        const many = await Promise.all(times(400, () => insert()));
        expect(await stores.sessions.deleteOfUser(alice.id, kept.key)).toBe(400);
        expect(await stores.sessions.find(many[399]!.key)).toBeUndefined();
        expect(await stores.sessions.ofUser(alice.id, start)).toEqual([kept]);
        expect(await stores.sessions.ofUser(bob.id, start)).toEqual([theirs]);
        expect(await stores.sessions.count(start)).toBe(2);
      });

      test('an ended session never comes back, whatever a request in flight writes', async () => {
        const { key } = await insert();
        await stores.sessions.find(key);
        expect(await stores.sessions.delete(key)).toBe(true);
        expect(await stores.sessions.delete(key)).toBe(false);
        expect(await stores.sessions.touch(key, start, start + 9e6)).toBe(false);
        expect(await stores.sessions.replaceData(key, { a: 1 })).toBe(false);
        expect(await stores.sessions.authenticated(key, start)).toBe(false);
        expect(await stores.sessions.find(key)).toBeUndefined();
        expect(await stores.sessions.ofUser(alice.id, start)).toEqual([]);
        expect(await stores.sessions.count(start)).toBe(0);
      });

      test('a session that is read, touched and ended at once stays ended', async () => {
        for (let round = 0; round < 10; round++) {
          const { key } = await insert();
          const work: (() => unknown)[][] = times(12, (index) => [
            () => stores.sessions.find(key),
            () => stores.sessions.touch(key, start + index, start + 9e6),
            () => stores.sessions.replaceData(key, { index }),
          ]);
          work.splice(6, 0, [() => stores.sessions.delete(key)]);
          const all = work.flat().map(async (step) => step());
          await Promise.all(all);
          expect(await stores.sessions.find(key)).toBeUndefined();
        }
        expect(await stores.sessions.count(start)).toBe(0);
      });

      test('all sessions of a user end at once, but for the one that is kept', async () => {
        const [kept, ...others] = await Promise.all(times(20, () => insert()));
        for (const { key } of others) await stores.sessions.find(key);
        const bob = await stores.users.insert(newUser());
        await stores.sessions.insert(newSession(bob.id));
        expect(await stores.sessions.deleteOfUser(alice.id, kept!.key)).toBe(19);
        expect(await stores.sessions.find(others[0]!.key)).toBeUndefined();
        expect(await stores.sessions.ofUser(alice.id, start)).toEqual([kept]);
        expect(await stores.sessions.deleteOfUser(alice.id)).toBe(1);
        expect(await stores.sessions.find(kept!.key)).toBeUndefined();
        expect(await stores.sessions.count(start)).toBe(1);
      });

      test('with an administrator’s sessions end those in which they act as somebody else', async () => {
        const admin = await stores.users.insert(newUser());
        const simulated = await insert({ actorId: admin.id, actorKey: 'own' });
        await stores.sessions.find(simulated.key);
        expect(await stores.sessions.deleteOfUser(admin.id)).toBe(1);
        expect(await stores.sessions.find(simulated.key)).toBeUndefined();
      });

      test('a user’s sessions are listed, the latest first, without those that are over', async () => {
        const early = await insert({ lastSeenAt: start + 1 });
        const late = await insert({ lastSeenAt: start + 2 });
        await insert({ expiresAt: start + 3_000_000 });
        const now = start + 3_000_000;
        expect(await stores.sessions.count(start)).toBe(3);
        expect(await stores.sessions.count(now)).toBe(2);
        expect(await stores.sessions.ofUser(alice.id, now)).toEqual([late, early]);
        expect(await stores.sessions.list({ now })).toEqual([late, early]);
        expect(await stores.sessions.list({ now, offset: 1, limit: 1 })).toEqual([early]);
      });

      test('a sweep takes what is over, as many as allowed, and leaves the rest', async () => {
        const alive = await insert();
        await Promise.all(times(7, () => insert({ expiresAt: start + 3_000_000 })));
        expect(await stores.sessions.sweep(start + 2_999_999, 100)).toBe(0);
        expect(await stores.sessions.sweep(start + 3_000_000, 5)).toBe(5);
        expect(await stores.sessions.sweep(start + 3_000_000, 100)).toBe(2);
        expect(await stores.sessions.find(alive.key)).toEqual(alive);
      });
    });

    describe('links', () => {
      test('a link is found, redeemed once, and gone', async () => {
        const link = newLink(alice.id, { data: { email: 'new@example.org' } });
        await stores.links.issue(link);
        expect(await stores.links.find(link.hash)).toEqual(link);
        expect(await stores.links.redeem(link.hash, 'magic')).toBeUndefined();
        expect(await stores.links.redeem(link.hash, 'reset')).toEqual(link);
        expect(await stores.links.redeem(link.hash, 'reset')).toBeUndefined();
        expect(await stores.links.find(link.hash)).toBeUndefined();
      });

      // (ASVS 15.4.2)
      test('of 50 who redeem a link at once one gets it', async () => {
        const link = newLink(alice.id);
        await stores.links.issue(link);
        const results = await Promise.all(times(50, () => stores.links.redeem(link.hash, 'reset')));
        expect(results.filter((found) => found)).toEqual([link]);
      });

      test('a new link ends the older one of the same user and purpose, also when many are asked for at once', async () => {
        const links = times(20, () => newLink(alice.id));
        const magic = newLink(alice.id, { purpose: 'magic' });
        await stores.links.issue(magic);
        await Promise.all(links.map((link) => stores.links.issue(link)));
        const alive = await Promise.all(links.map(({ hash }) => stores.links.find(hash)));
        expect(alive.filter((link) => link)).toHaveLength(1);
        expect(await stores.links.find(magic.hash)).toEqual(magic);
      });

      test('links without a user stand side by side', async () => {
        const links = times(3, (index) => newLink(0, { purpose: 'one-time-account', createdAt: start + index }));
        for (const link of links) await stores.links.issue(link);
        expect(await stores.links.list('one-time-account')).toEqual(links.toReversed());
        expect(await stores.links.list('magic')).toEqual([]);
      });

      test('a user’s links end, of one purpose or all', async () => {
        for (const purpose of ['reset', 'magic', 'unlock'] as const)
          await stores.links.issue(newLink(alice.id, { purpose }));
        expect(await stores.links.endOfUser(alice.id, 'magic')).toBe(1);
        expect(await stores.links.endOfUser(alice.id)).toBe(2);
        expect(await stores.links.endOfUser(alice.id)).toBe(0);
      });

      test('a sweep takes the links that are over', async () => {
        await stores.links.issue(newLink(0, { expiresAt: start + 1 }));
        await stores.links.issue(newLink(0, { expiresAt: start + 2 }));
        expect(await stores.links.sweep(start + 1, 10)).toBe(1);
      });
    });

    describe('counters', () => {
      test('of 200 who take at once exactly 50 get a point', async () => {
        const counter = stores.counters.counter('test', 50, 60);
        const results = await Promise.all(times(200, () => counter.take('key')));
        expect(results.filter(({ allowed }) => allowed)).toHaveLength(50);
        const { taken, remaining } = await counter.look('key');
        expect({ taken, remaining }).toEqual({ taken: 50, remaining: 0 });
      });

      test('a refused attempt takes nothing: one point given back is one that can be taken', async () => {
        const counter = stores.counters.counter('test', 3, 60);
        for (const allowed of [true, true, true, false, false, false])
          expect((await counter.take('key')).allowed).toBe(allowed);
        await counter.giveBack('key');
        expect(await counter.look('key')).toMatchObject({ taken: 2, remaining: 1 });
        expect(await counter.take('key')).toMatchObject({ allowed: true, taken: 3, remaining: 0 });
        expect(await counter.take('key')).toMatchObject({ allowed: false, taken: 3, remaining: 0 });
      });

      test('the window begins at the first point and says when it ends', async () => {
        const counter = stores.counters.counter('test', 2, 60);
        expect(await counter.look('key')).toEqual({ taken: 0, remaining: 2, resetMs: 0 });
        const first = await counter.take('key');
        expect(first).toMatchObject({ allowed: true, taken: 1, remaining: 1 });
        expect(first.resetMs).toBeGreaterThan(59_000);
        expect(first.resetMs).toBeLessThanOrEqual(60_000);
        expect((await counter.take('key')).resetMs).toBeLessThanOrEqual(60_000);
      });

      test('points that were not taken cannot be given back', async () => {
        const counter = stores.counters.counter('test', 2, 60);
        await counter.giveBack('key');
        await counter.take('key');
        await counter.giveBack('key');
        await counter.giveBack('key');
        expect(await counter.look('key')).toMatchObject({ taken: 0, remaining: 2 });
      });

      test('counters and keys do not mix, however long or strange the key', async () => {
        const keys = ['a', 'A', 'a ', '', ' ', 'a:b', 'é', '2001:db8::/64', 'x'.repeat(5000), `${'x'.repeat(5000)}y`];
        const one = stores.counters.counter('one', 1, 60);
        for (const key of keys) expect((await one.take(key)).allowed).toBe(true);
        for (const key of keys) expect((await one.take(key)).allowed).toBe(false);
        expect((await stores.counters.counter('one:a', 1, 60).take('b')).allowed).toBe(true);
        expect((await stores.counters.counter('two', 1, 60).take('a')).allowed).toBe(true);
      });

      test('clearing opens the counter again', async () => {
        const counter = stores.counters.counter('test', 1, 60);
        await counter.take('a');
        await counter.clear('a');
        expect((await counter.take('a')).allowed).toBe(true);
        await stores.counters.clear('test', 'a');
        expect((await counter.take('a')).allowed).toBe(true);
      });

      test('full counters are listed with their name and key', async () => {
        const counter = stores.counters.counter('throttle:login', 1, 60);
        await counter.take('2001:db8::1');
        await stores.counters.counter('roomy', 2, 60).take('x');
        const full = await stores.counters.full(opened.clock.now());
        expect(full).toMatchObject([{ name: 'throttle:login', key: '2001:db8::1', taken: 1 }]);
        await counter.giveBack('2001:db8::1');
        expect(await stores.counters.full(opened.clock.now())).toEqual([]);
      });

      test('a lower limit counts from the next attempt on', async () => {
        const roomy = stores.counters.counter('test', 10, 60);
        for (let index = 0; index < 8; index++) await roomy.take('key');
        const tight = stores.counters.counter('test', 5, 60);
        expect(await tight.take('key')).toMatchObject({ allowed: false, taken: 5, remaining: 0 });
      });
    });

    describe.each(['outbox', 'jobs'] as const)('%s', (queue) => {
      test('a mail is added, leased, sent and emptied', async () => {
        const mail = newMail();
        await stores[queue].add(mail);
        expect(await stores[queue].find(mail.id)).toEqual(mail);
        expect(await stores[queue].claim(start - 1, start + 10, 5)).toEqual([]);
        expect(await stores[queue].claim(start, start + 10, 5)).toEqual([{ ...mail, nextTryAt: start + 10 }]);
        expect(await stores[queue].claim(start, start + 10, 5)).toEqual([]);
        await stores[queue].sent(mail.id, start + 5);
        const sent = await stores[queue].find(mail.id);
        expect(sent).toMatchObject({ state: 'sent', payload: '', sentAt: start + 5 });
        expect(await stores[queue].claim(start + 100, start + 200, 5)).toEqual([]);
      });

      test('a lease that ran out can be taken by another', async () => {
        const mail = newMail();
        await stores[queue].add(mail);
        await stores[queue].claim(start, start + 10, 5);
        expect(await stores[queue].claim(start + 10, start + 20, 5)).toMatchObject([{ id: mail.id }]);
      });

      test('of many who claim at once nobody gets a mail that another has', async () => {
        for (let index = 0; index < 20; index++) await stores[queue].add(newMail());
        const claims = await Promise.all(times(8, () => stores[queue].claim(start, start + 10, 5)));
        const ids = claims.flat().map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const rest = await stores[queue].claim(start, start + 10, 50);
        expect(new Set([...ids, ...rest.map(({ id }) => id)]).size).toBe(20);
      });

      test('a failed mail waits for its next try, counted; a dead one waits no more', async () => {
        const mail = newMail();
        await stores[queue].add(mail);
        await stores[queue].retry(mail.id, start + 50, 'connection refused');
        const waiting = { state: 'waiting', attempts: 1, nextTryAt: start + 50, lastError: 'connection refused' };
        expect(await stores[queue].find(mail.id)).toMatchObject(waiting);
        await stores[queue].dead(mail.id, 'no such mailbox');
        const dead = { state: 'dead', attempts: 2, payload: 'sealed', lastError: 'no such mailbox' };
        expect(await stores[queue].find(mail.id)).toMatchObject(dead);
        expect(await stores[queue].claim(start + 1e9, start + 2e9, 5)).toEqual([]);
        await stores[queue].retry(mail.id, start, '');
        expect(await stores[queue].claim(start, start + 10, 5)).toHaveLength(1);
      });

      test('a mail that was sent is not sent again, whatever a slower process says', async () => {
        const mail = newMail();
        await stores[queue].add(mail);
        await stores[queue].sent(mail.id, start);
        await stores[queue].retry(mail.id, start, 'late');
        await stores[queue].dead(mail.id, 'late');
        expect(await stores[queue].find(mail.id)).toMatchObject({ state: 'sent', attempts: 0 });
      });

      test('mails are listed by state, the latest first, and finished ones are swept', async () => {
        const [first, second, third] = times(3, (index) => newMail({ createdAt: start + index }));
        for (const mail of [first!, second!, third!]) await stores[queue].add(mail);
        await stores[queue].sent(first!.id, start);
        expect((await stores[queue].list({})).map(({ id }) => id)).toEqual([third!.id, second!.id, first!.id]);
        expect(await stores[queue].list({ state: 'waiting', offset: 1, limit: 1 })).toEqual([second]);
        expect(await stores[queue].count('waiting')).toBe(2);
        expect(await stores[queue].sweep(start + 100, 10)).toBe(1);
        expect(await stores[queue].count('sent')).toBe(0);
        expect(await stores[queue].count('waiting')).toBe(2);
      });
    });

    describe('audit', () => {
      const checkChain = (lines: AuditEntry[], anchor: string) => {
        let previous = anchor;
        for (const line of lines) {
          expect(line.hash).toBe(seal(previous, line.id));
          previous = line.hash;
        }
      };
      const chain = () => stores.audit.query({ ascending: true, limit: 1000 });

      test('lines written at once form one chain without a gap', async () => {
        await Promise.all(times(40, (index) => stores.audit.append(newLine({ detail: { index } }), seal)));
        const lines = await chain();
        expect(lines.map(({ id }) => id)).toEqual(times(40, (index) => lines[0]!.id + index));
        expect(new Set(lines.map(({ detail }) => detail.index)).size).toBe(40);
        checkChain(lines, await stores.audit.anchor());
      });

      test('a line that fails to be sealed leaves the chain as it was', async () => {
        await stores.audit.append(newLine(), seal);
        const fail = () => {
          throw new Error('no key');
        };
        await expect(stores.audit.append(newLine(), fail)).rejects.toThrow('no key');
        await stores.audit.append(newLine(), seal);
        checkChain(await chain(), await stores.audit.anchor());
        expect(await stores.audit.count()).toBe(2);
      });

      test('lines are asked for by user, kind, address and time', async () => {
        await stores.audit.append(newLine({ userId: 7, username: 'zoë' }), seal);
        await stores.audit.append(newLine({ type: 'logout', at: start + 5 }), seal);
        await stores.audit.append(newLine({ address: '2001:db8::1', at: start + 9, userId: null }), seal);
        expect(await stores.audit.query({ userId: 7 })).toMatchObject([{ username: 'zoë', detail: {} }]);
        expect(await stores.audit.query({ type: 'logout' })).toHaveLength(1);
        expect(await stores.audit.query({ address: '2001:db8::1' })).toMatchObject([{ userId: null }]);
        expect(await stores.audit.query({ since: start + 5, before: start + 9 })).toMatchObject([{ type: 'logout' }]);
        expect((await stores.audit.query({ limit: 1, offset: 1 }))[0]).toMatchObject({ type: 'logout' });
        const [first, ...later] = await chain();
        expect(await stores.audit.query({ after: first!.id, ascending: true })).toEqual(later);
        expect(await stores.audit.head()).toEqual({ last: later[1]!.id, hash: later[1]!.hash });
      });

      test('what happened is counted by kind and span, a line that stands for several as so many', async () => {
        const span = 1000;
        const from = start - (start % span);
        const lines = [
          { at: from - 1, type: 'login' },
          { at: from, type: 'login' },
          { at: from + span - 1, type: 'login' },
          { at: from + span, type: 'login' },
          { at: from + 5, type: 'refused', detail: { reason: 'throttled', times: 40 } },
          { at: from + 6, type: 'refused', detail: { reason: 'throttled', times: 1 } },
          { at: from + 7, type: 'logout' },
        ];
        for (const line of lines) await stores.audit.append(newLine(line), seal);
        const found = await stores.audit.tally({ types: ['login', 'refused'], since: from, span });
        const sorted = found.sort((a, b) => a.type.localeCompare(b.type) || a.from - b.from);
        expect(sorted).toEqual([
          { type: 'login', from, times: 2 },
          { type: 'login', from: from + span, times: 1 },
          { type: 'refused', from, times: 41 },
        ]);
      });

      test('capping drops the oldest and keeps the anchor the rest hangs on', async () => {
        for (let index = 0; index < 10; index++) await stores.audit.append(newLine(), seal);
        expect(await stores.audit.cap(4, 3)).toBe(3);
        expect(await stores.audit.cap(4, 100)).toBe(3);
        expect(await stores.audit.cap(4, 100)).toBe(0);
        const lines = await chain();
        expect(lines).toHaveLength(4);
        checkChain(lines, await stores.audit.anchor());
        await stores.audit.append(newLine(), seal);
        checkChain(await chain(), await stores.audit.anchor());
        expect(await stores.audit.cap(0, 100)).toBe(5);
        await stores.audit.append(newLine(), seal);
        checkChain(await chain(), await stores.audit.anchor());
      });
    });

    describe('together', () => {
      // (ASVS 2.3.3)
      test('what fails half-way leaves nothing behind', async () => {
        const session = newSession(alice.id);
        await stores.sessions.insert(session);
        const link = newLink(alice.id);
        const failing = stores.atomically(async (inner) => {
          await inner.users.update(alice.id, { name: 'changed' });
          await inner.links.issue(link);
          await inner.audit.append(newLine(), seal);
          await inner.outbox.add(newMail());
          throw new Error('half-way');
        });
        await expect(failing).rejects.toThrow('half-way');
        expect(await stores.users.findById(alice.id)).toEqual(alice);
        expect(await stores.links.find(link.hash)).toBeUndefined();
        expect(await stores.audit.count()).toBe(0);
        expect(await stores.outbox.list({})).toEqual([]);
        expect(await stores.sessions.find(session.key)).toEqual(session);
      });

      test('what succeeds is answered and seen by all', async () => {
        const bob = await stores.atomically(async (inner) => {
          const bob = await inner.users.insert(newUser({ username: 'bob' }));
          await inner.atomically((deeper) => deeper.users.update(bob.id, { name: 'Bob' }));
          expect(await inner.users.findById(bob.id)).toMatchObject({ name: 'Bob' });
          return bob;
        });
        expect(await stores.users.findById(bob.id)).toMatchObject({ name: 'Bob' });
      });

      test('nobody sees or disturbs what another has not finished', async () => {
        await stores.users.findById(alice.id);
        const names: (string | undefined)[] = [];
        const look = async () => void names.push((await stores.users.findById(alice.id))?.name);
        const reads: Promise<void>[] = [];
        const work = stores.atomically(async (inner) => {
          await inner.users.update(alice.id, { name: 'unfinished' });
          reads.push(look());
          await new Promise((resolve) => setTimeout(resolve, 30));
          reads.push(look());
          await inner.users.update(alice.id, { name: 'finished' });
        });
        const carol = await stores.users.insert(newUser({ username: 'carol' }));
        await Promise.all([work, ...reads]);
        expect(names).not.toContain('unfinished');
        expect(await stores.users.findById(alice.id)).toMatchObject({ name: 'finished' });
        expect(await stores.users.findById(carol.id)).toEqual(carol);
      });

      // (ASVS 15.4.3)
      test('20 transactions that change the same user at once all succeed', async () => {
        const work = times(20, (index) =>
          stores.atomically(async (inner) => {
            await inner.sessions.deleteOfUser(alice.id);
            await inner.users.update(alice.id, { name: `name ${index}` });
            await inner.links.endOfUser(alice.id);
            await inner.audit.append(newLine({ detail: { index } }), seal);
          }),
        );
        await Promise.all(work);
        expect(await stores.audit.count()).toBe(20);
      });

      test('a lease has one holder, until it runs out', async () => {
        const tries = times(10, (index) => stores.lease('sweep', `p${index}`, start, start + 100));
        const won = await Promise.all(tries);
        expect(won.filter(Boolean)).toHaveLength(1);
        const holder = `p${won.indexOf(true)}`;
        expect(await stores.lease('sweep', holder, start + 50, start + 150)).toBe(true);
        expect(await stores.lease('sweep', 'other', start + 149, start + 300)).toBe(false);
        expect(await stores.lease('sweep', 'other', start + 150, start + 300)).toBe(true);
        expect(await stores.lease('mail', holder, start, start + 100)).toBe(true);
      });

      test('a ping is answered', async () => {
        await expect(stores.ping()).resolves.toBeUndefined();
      });
    });
  });
}
