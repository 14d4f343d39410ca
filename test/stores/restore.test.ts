import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import Database from 'libsql';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyAudit } from '../../src/auth/audit.js';
import { openStores, type StoreOptions } from '../../src/stores/open.js';
import { restoreInto } from '../../src/stores/restore.js';
import { Agent } from '../support/agent.js';
import { rightPassword, startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { newMail, newSession, newUser, times } from './kit.js';
import { freshMysql, freshPostgres } from './servers.js';

const { TEST_POSTGRES_URL: postgres, TEST_MARIADB_URL: mariadb, TEST_REDIS_URL: redis } = process.env;

interface Target {
  databaseUrl: string;
  redisUrl?: string;
  remove(): Promise<void>;
}

async function withKeys(database: Target, prefix: string): Promise<Target> {
  const remove = async () => {
    const client = new Redis(redis!);
    const keys = await client.keys(`{${prefix}*`);
    if (keys.length > 0) await client.del(keys);
    client.disconnect();
    await database.remove();
  };
  return { ...database, redisUrl: redis!, remove };
}

const targets: Record<string, [there: boolean, open: (prefix: string) => Promise<Target>]> = {
  SQLite: [true, async () => ({ databaseUrl: '', remove: async () => {} })],
  PostgreSQL: [Boolean(postgres), () => freshPostgres(postgres!)],
  MariaDB: [Boolean(mariadb), () => freshMysql(mariadb!)],
  'PostgreSQL with Redis': [
    Boolean(postgres && redis),
    async (prefix) => withKeys(await freshPostgres(postgres!), prefix),
  ],
};

const secret = { GATEHOUSE_SECRET: 'a secret that is long enough for everybody' };

/** A server on one file, with somebody logged in, somebody locked out, somebody in a group, and a number that is gone. */
async function houseOnAFile() {
  const dataDir = temporaryFolder();
  const env = { ...secret, DATABASE_URL: `sqlite:${join(dataDir, 'gatehouse.sqlite')}` };
  const first = await startTestGatehouse({ dataDir, env });
  await first.addUser({ groups: ['editors', 'Ärzte'] });
  await first.addUser({ username: 'Zoë', email: 'zoe@example.com', admin: true });
  await first.addUser({ username: 'gone', email: '' });
  await first.services.stores.users.delete(3);
  const agent = await first.loggedIn();
  await first.agent().post('/api/login/reset-password-link', { email: 'zoe@example.com' });
  const { users, jobs, audit } = first.services.stores;
  await users.lock(2, first.clock.now() + 600_000, first.clock.now());
  await Promise.all(times(450, () => jobs.add(newMail({ state: 'dead', payload: 'x'.repeat(5000) }))));
  await first.services.tell.settled();
  await audit.cap(2, 500);
  const seen = {
    user: await agent.get('/api/login/users/current'),
    lines: await audit.count(),
  };
  await first.stop();
  return { first, agent, seen, file: join(dataDir, 'gatehouse.sqlite') };
}

/** As a process of its own does: in this one the driver keeps its hold of a closed file for as long as it likes. */
function restoreLeft(place: StoreOptions, file: string): ReturnType<typeof restoreInto> {
  const copy = join(temporaryFolder(), 'gatehouse.sqlite');
  copyFileSync(file, copy);
  return restoreInto(place, copy);
}

for (const [name, [there, open]] of Object.entries(targets))
  (there ? test : test.skip)(
    `from a file to ${name}: nobody is logged out, locks hold, the audit log is whole, no number comes twice`,
    async () => {
      const prefix = `gatehouse-${randomBytes(6).toString('hex')}:`;
      const { first, agent, seen, file } = await houseOnAFile();
      const { databaseUrl, redisUrl = '', remove } = await open(prefix);
      const dataDir = temporaryFolder();
      const place = { databaseUrl, redisUrl, dataDir, redis: { prefix }, clock: first.clock };
      try {
        expect(await restoreLeft(place, file)).toEqual({ users: 2, sessions: 1 });
        await expect(restoreLeft(place, file)).rejects.toThrow('is not empty');

        const env = { ...secret, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
        const again = await startTestGatehouse({ dataDir, env, clock: first.clock, config: { redis: { prefix } } });
        const same = new Agent(again.url, { Cookie: `fe_typo_user=${agent.cookies.get('fe_typo_user')}` });
        expect((await same.get('/api/login/users/current')).json).toEqual(seen.user.json);
        expect((await again.loggedIn()).cookies.has('fe_typo_user')).toBe(true);
        const locked = await again.agent().post('/api/login/logins/auth', { username: 'Zoë', password: rightPassword });
        expect(locked.status).toBe(422);
        const { stores } = again.services;
        const { groups } = (await stores.users.findByUsername('user'))!;
        expect(groups.map(({ name }) => name)).toEqual(['editors', 'Ärzte']);
        expect(await stores.links.endOfUser(2, 'reset')).toBe(1);
        expect((await stores.outbox.list({})).some(({ recipient }) => recipient === 'zoe@example.com')).toBe(true);
        expect(await stores.jobs.count('dead')).toBe(450);
        expect(await stores.audit.count()).toBeGreaterThanOrEqual(seen.lines);
        expect((await verifyAudit(again.services)).broken).toBeUndefined();
        expect((await again.addUser({ username: 'new', email: '' })).id).toBe(4);
        await expect(restoreLeft(place, file)).rejects.toThrow('is not empty');
        expect((await again.addUser({ username: 'newer', email: '' })).id).toBe(5);
        await again.stop();
      } finally {
        await remove();
      }
    },
    30_000,
  );

(redis ? test : test.skip)(
  'sessions of another database in the same Redis would fall to strangers: refused',
  async () => {
    const prefix = `gatehouse-${randomBytes(6).toString('hex')}:`;
    const { remove } = await withKeys({ databaseUrl: '', remove: async () => {} }, prefix);
    const { first, file } = await houseOnAFile();
    const place = { databaseUrl: '', redisUrl: redis!, redis: { prefix }, clock: first.clock };
    const former = await openStores({ ...place, dataDir: temporaryFolder() });
    const { id } = await former.users.insert(newUser());
    await former.sessions.insert(newSession(id, { expiresAt: first.clock.now() + 60_000 }));
    await former.close();
    const here = { ...place, dataDir: temporaryFolder() };
    await expect(restoreLeft(here, file)).rejects.toThrow('Redis holds sessions already');
    await remove();
    expect(await restoreLeft(here, file)).toMatchObject({ users: 2 });
    await remove();
  },
);

test('the file of a server that still runs is refused, the server feels nothing, and once it is stopped the file is taken', async () => {
  const dataDir = temporaryFolder();
  const file = join(dataDir, 'gatehouse.sqlite');
  const running = await startTestGatehouse({ dataDir, env: { ...secret, DATABASE_URL: `sqlite:${file}` } });
  await running.addUser();
  const place = { databaseUrl: '', dataDir: temporaryFolder(), clock: running.clock };
  await expect(restoreInto(place, file)).rejects.toThrow(/is in use\. Stop its server, or restore a copy/);
  expect((await running.loggedIn()).cookies.has('fe_typo_user')).toBe(true);
  await running.stop();
  expect(await restoreLeft(place, file)).toEqual({ users: 1, sessions: 1 });
});

test('a file with rows that belong to nobody is refused, and nothing is restored', async () => {
  const { first, file } = await houseOnAFile();
  const database = new Database(file);
  database.exec('pragma foreign_keys = off; delete from users where id = 1');
  database.pragma('wal_checkpoint(truncate)');
  database.close();
  const place = { databaseUrl: '', dataDir: temporaryFolder(), clock: first.clock };
  await expect(restoreLeft(place, file)).rejects.toThrow(/was changed by hand: \w+ has rows/);
  const stores = await openStores(place);
  expect(await stores.users.count()).toBe(0);
  await stores.close();
});
