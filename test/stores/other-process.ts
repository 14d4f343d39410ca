/**
 * Another server on the same stores, for tests: reads one command per line, answers one line.
 * Started with `node --import ./test/support/typescript.js`.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openStores } from '../../src/stores/open.js';
import { newLine, newSession, newUser, seal, start, times } from './kit.js';

const stores = await openStores({ ...JSON.parse(process.env.STORES!), clock: Date });
const answered = async (work: Promise<unknown>[]) =>
  (await Promise.allSettled(work)).filter((result) => result.status === 'fulfilled' && result.value).length;

const commands: Record<string, (argument: never) => Promise<unknown>> = {
  ready: async () => true,
  take: async ({ key, points }: { key: string; points: number }) => {
    const counter = stores.counters.counter('shared', points, 60);
    return answered(times(100, async () => (await counter.take(key)).allowed));
  },
  redeem: async (hash: string) => answered(times(25, () => stores.links.redeem(hash, 'reset'))),
  insertUser: async (username: string) => answered(times(25, () => stores.users.insert(newUser({ username })))),
  append: async (count: number) => {
    await Promise.all(times(count, () => stores.audit.append(newLine(), seal)));
  },
  claim: async (now: number) => (await stores.outbox.claim(now, now + 10_000, 20)).map(({ id }) => id),
  lease: async (holder: string) => stores.lease('shared', holder, start, start + 1000),
  deleteSession: async (key: string) => stores.sessions.delete(key),
  endSessions: async (userId: number) => stores.sessions.deleteOfUser(userId),
  touch: async (key: string) => answered(times(50, () => stores.sessions.touch(key, start, Date.now() + 9e6))),
  replaceData: async ({ key, data }: { key: string; data: Record<string, unknown> }) =>
    stores.sessions.replaceData(key, data),
  disable: async (id: number) => stores.users.update(id, { disabled: true }),
  /** says each key only once the session was answered for, until it is killed */
  insertForEver: async (userId: number) => {
    for (;;) {
      const session = newSession(userId, { expiresAt: Date.now() + 9e6 });
      await stores.sessions.insert(session);
      writeSync(1, `${session.key}\n`);
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { name, argument } = JSON.parse(line) as { name: string; argument: never };
  const result = await commands[name]!(argument);
  writeSync(1, `${JSON.stringify(result ?? null)}\n`);
}
await stores.close();
