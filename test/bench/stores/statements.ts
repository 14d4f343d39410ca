/**
 * What each statement costs this process, in microseconds of CPU: one after the other, and 50 at once.
 *   node --import ./test/support/typescript.js test/bench/stores/statements.ts [DATABASE_URL] [REDIS_URL]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores } from '../../../src/stores/open.js';
import { newLine, newSession, newUser, seal, times } from '../../stores/kit.js';

const [databaseUrl = '', redisUrl = ''] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const stores = await openStores({ databaseUrl, redisUrl, dataDir, clock: Date });
const now = Date.now();
const { id } = await stores.users.insert(newUser({ groups: ['a', 'b'] }));
const sessions = times(1000, () => newSession(id, { expiresAt: now + 9e6, lastSeenAt: now }));

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function timed(count: number, atOnce: number, work: (index: number) => unknown): Promise<string> {
  const begin = cpu();
  for (let index = 0; index < count; index += atOnce) {
    if (atOnce === 1) await work(index);
    else await Promise.all(times(atOnce, (offset) => work(index + offset)));
  }
  return ((cpu() - begin) / count).toFixed(2).padStart(9);
}

async function measure(name: string, count: number, work: (index: number) => unknown): Promise<void> {
  await timed(200, 1, work);
  console.log(`${name.padEnd(30)} ${await timed(count, 1, work)} ${await timed(count, 50, work)}`);
}

console.log(`${'µs CPU'.padEnd(30)}       one   50 at once`);
for (const session of sessions) await stores.sessions.insert(session);
const key = (index: number) => sessions[index % sessions.length]!.key;
const turn = () => new Promise(setImmediate);
const counter = stores.counters.counter('bench', 1e9, 60);

await measure('an empty turn of the loop', 20_000, turn);
await measure('find, many in one turn', 200_000, (index) => stores.sessions.find(key(index)));
await measure('find, once a turn', 20_000, async (index) => {
  await turn();
  return stores.sessions.find(key(index));
});
await measure('find an unknown key', 20_000, () => stores.sessions.find('unknown'));
await measure('user by number', 50_000, () => stores.users.findById(id));
await measure('user by name', 5000, () => stores.users.findByUsername('nobody'));
await measure('touch', 5000, (index) => stores.sessions.touch(key(index), now, now + 9e6));
await measure('find after touch', 5000, async (index) => {
  await stores.sessions.touch(key(index), now, now + 9e6);
  return stores.sessions.find(key(index));
});
await measure('insert a session', 5000, () => stores.sessions.insert(newSession(id, { expiresAt: now + 9e6 })));
await measure('take a point', 5000, () => counter.take('key'));
await measure('look at a counter', 5000, () => counter.look('key'));
await measure('note a login', 5000, () => stores.users.noteLogin(id, now));
await measure('append to the audit log', 2000, () => stores.audit.append(newLine(), seal));
await stores.close();
