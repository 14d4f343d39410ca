import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStores, type StoreOptions } from '../../src/stores/open.js';
import type { AuditEntry, Stores } from '../../src/stores/contract.js';
import { conversation, ended, startSource, type Child } from '../support/process.js';
import { newLink, newMail, newSession, newUser, seal, start, times } from './kit.js';
import { slowTest } from '../support/slow.js';

export type Place = Omit<StoreOptions, 'clock'>;

export const startOther = (place: Place): Child =>
  startSource(new URL('./other-process.ts', import.meta.url), { STORES: JSON.stringify(place) });

/** What must hold although another process works on the same stores at the same time. */
export function holdsBetweenProcesses(name: string, make: () => Promise<{ place: Place; remove(): Promise<void> }>) {
  describe(`${name}, two processes`, () => {
    let made: Awaited<ReturnType<typeof make>>;
    let stores: Stores;
    let children: Child[];
    let others: ReturnType<typeof conversation>[];
    const both = (command: string, argument: unknown) => Promise.all(others.map((ask) => ask(command, argument)));
    const sum = (numbers: unknown[]) => (numbers as number[]).reduce((left, right) => left + right, 0);

    beforeAll(async () => {
      made = await make();
      // nobody has made the tables yet: the first thing they do is to agree on who migrates
      children = times(2, () => startOther(made.place));
      others = children.map(conversation);
      stores = await openStores({ ...made.place, clock: Date });
      await both('ready', 0);
    });
    afterAll(async () => {
      for (const child of children) child.stdin.end();
      await Promise.all(children.map(ended));
      await stores.close();
      await made.remove();
    });

    test('of 200 attempts of both 50 are let through', async () => {
      expect(sum(await both('take', { key: 'k', points: 50 }))).toBe(50);
    });

    test('one of both redeems a link, once', async () => {
      const user = await stores.users.insert(newUser());
      const link = newLink(user.id);
      await stores.links.issue(link);
      expect(sum(await both('redeem', link.hash))).toBe(1);
    });

    test('one of both gets a name, once', async () => {
      expect(sum(await both('insertUser', 'somebody'))).toBe(1);
    });

    test('one of both gets a lease', async () => {
      const results = await Promise.all(others.map((ask, index) => ask('lease', `p${index}`)));
      expect(results.filter(Boolean)).toEqual([true]);
    });

    test('no mail is claimed by both', async () => {
      const mails = times(20, () => newMail());
      for (const mail of mails) await stores.outbox.add(mail);
      const ids = (await both('claim', start)).flat();
      expect(new Set(ids).size).toBe(ids.length);
    });

    test('lines of both form one chain', async () => {
      await both('append', 40);
      const lines: AuditEntry[] = await stores.audit.query({ ascending: true, limit: 100 });
      expect(lines).toHaveLength(80);
      let previous = '';
      for (const line of lines) {
        expect(line.hash).toBe(seal(previous, line.id));
        previous = line.hash;
      }
    });

    test('a session ended by another process fails at the very next look', async () => {
      const user = await stores.users.insert(newUser());
      for (let round = 0; round < 20; round++) {
        const session = newSession(user.id, { expiresAt: Date.now() + 9e6 });
        await stores.sessions.insert(session);
        expect(await stores.sessions.find(session.key)).toBeDefined();
        const [ask, command, argument] = (
          [
            [others[0]!, 'deleteSession', session.key],
            [others[1]!, 'endSessions', user.id],
          ] as const
        )[round % 2]!;
        await ask(command, argument);
        expect(await stores.sessions.find(session.key)).toBeUndefined();
      }
    });

    test('a session ended by one while the other touches it stays ended', async () => {
      const user = await stores.users.insert(newUser());
      for (let round = 0; round < 5; round++) {
        const session = newSession(user.id, { expiresAt: Date.now() + 9e6 });
        await stores.sessions.insert(session);
        await stores.sessions.find(session.key);
        await Promise.all([others[0]!('touch', session.key), others[1]!('deleteSession', session.key)]);
        expect(await stores.sessions.find(session.key)).toBeUndefined();
        expect(await stores.sessions.touch(session.key, start, start)).toBe(false);
      }
    });

    test('what another process wrote into a session or a user is seen at the very next look', async () => {
      const user = await stores.users.insert(newUser());
      const session = newSession(user.id, { expiresAt: Date.now() + 9e6 });
      await stores.sessions.insert(session);
      expect(await stores.sessions.find(session.key)).toMatchObject({ data: {} });
      expect(await stores.users.findById(user.id)).toMatchObject({ disabled: false });
      await others[0]!('replaceData', { key: session.key, data: { a: 1 } });
      await others[1]!('disable', user.id);
      expect(await stores.sessions.find(session.key)).toMatchObject({ data: { a: 1 } });
      expect(await stores.users.findById(user.id)).toMatchObject({ disabled: true });
    });

    slowTest(
      'ten processes that start at once migrate once and all serve',
      async () => {
        const fresh = await make();
        const starting = times(10, () => startOther(fresh.place));
        const answers = await Promise.allSettled(starting.map((child) => conversation(child)('ready')));
        for (const child of starting) child.stdin.end();
        await Promise.all(starting.map(ended));
        await fresh.remove();
        expect(answers).toEqual(times(10, () => ({ status: 'fulfilled', value: true })));
      },
      60_000,
    );

    test('after kill -9 in the middle of writing, everything that was answered for is there', async () => {
      const user = await stores.users.insert(newUser());
      const child = startOther(made.place);
      const said: string[] = [];
      child.stdin.write(`${JSON.stringify({ name: 'insertForEver', argument: user.id })}\n`);
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        said.push(chunk as string);
        if (said.join('').length > 3000) child.kill('SIGKILL');
      }
      await ended(child);
      const keys = said.join('').split('\n').slice(0, -1);
      expect(keys.length).toBeGreaterThan(50);
      for (const key of keys) expect(await stores.sessions.find(key)).toMatchObject({ userId: user.id });
    });
  });
}
