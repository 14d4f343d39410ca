import { afterEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { doctor } from '../support/doctor.js';
import { startRedis, withClient, type RedisServer } from '../support/redis-servers.js';
import { freshMysql, freshPostgres, type FreshDatabase } from '../stores/servers.js';

const postgres = process.env.TEST_POSTGRES_URL;
const mariadb = process.env.TEST_MARIADB_URL;
const redis = process.env.TEST_REDIS_URL;

const databases: FreshDatabase[] = [];
afterEach(async () => {
  for (const database of databases.splice(0)) await database.remove();
});

const fresh = async (made: Promise<FreshDatabase>): Promise<string> => {
  const database = await made;
  databases.push(database);
  return database.databaseUrl;
};

const named = (what: string, url: string | undefined, variable: string, tests: (url: string) => void): void => {
  if (url) describe(what, () => tests(url));
  else test.skip(`${what}: set ${variable}`, () => {});
};

named('gatehouse doctor and PostgreSQL', postgres, 'TEST_POSTGRES_URL', (server) => {
  test('says what is still to be done, and compares the clocks', async () => {
    const { code, of } = await doctor({ DATABASE_URL: await fresh(freshPostgres(server)) });
    expect(code).toBe(0);
    expect(of('database')).toEqual([expect.stringContaining('warning: 1 migration is still to be done (0001_house).')]);
    expect(of('clocks')).toEqual(["ok: This machine's clock agrees with the database."]);
  });

  test('says which right is missing', async () => {
    const role = `gatehouse_${randomBytes(6).toString('hex')}`;
    const url = new URL(await fresh(freshPostgres(server)));
    const admin = new pg.Client(server);
    await admin.connect();
    await admin.query(`create role ${role} login password 'sesame'`);
    url.username = role;
    url.password = 'sesame';
    const { code, of } = await doctor({ DATABASE_URL: url.href });
    await admin.query(`drop role ${role}`);
    await admin.end();
    expect(code).toBe(1);
    expect(of('database')[0]).toMatch(/^problem: The database does not let us create table: permission denied/);
    expect(of('database').join()).not.toContain('sesame');
  });

  test('says that nobody answers, or that there is no such database', async () => {
    const url = new URL(server);
    url.pathname = '/gatehouse_nowhere';
    expect((await doctor({ DATABASE_URL: url.href })).of('database')[0]).toContain('does not exist');
    const gone = await doctor({ DATABASE_URL: 'postgres://gate:sesame@127.0.0.1:1/house' });
    expect(gone.of('database')).toEqual([
      'problem: postgres://gate@127.0.0.1:1/house: connect ECONNREFUSED 127.0.0.1:1',
    ]);
  });
});

named('gatehouse doctor and MariaDB', mariadb, 'TEST_MARIADB_URL', (server) => {
  test('warns of more connections than the server takes', async () => {
    const databaseUrl = await fresh(freshMysql(server));
    const { of } = await doctor({ DATABASE_URL: databaseUrl, WEB_CONCURRENCY: '64' }, { database: { poolSize: 9000 } });
    expect(of('database').join()).toContain('Our processes may open 576000 connections');
    expect(of('clocks')).toEqual(["ok: This machine's clock agrees with the database."]);
  });
});

named('gatehouse doctor and Redis', redis, 'TEST_REDIS_URL', () => {
  let running: RedisServer | undefined;
  afterEach(() => running?.kill());
  const examine = async (...setting: string[]) => {
    running = await startRedis();
    await withClient(running.port, (client) => client.config('SET', ...(setting as [string, string])));
    return doctor({ REDIS_URL: `redis://127.0.0.1:${running.port}` });
  };

  test('one that throws sessions away, and keeps nothing on disk', async () => {
    const { code, of } = await examine('maxmemory-policy', 'allkeys-lru');
    expect(code).toBe(1);
    expect(of('redis')).toEqual([
      expect.stringMatching(/^problem: .*maxmemory-policy allkeys-lru/),
      expect.stringMatching(/^warning: Redis keeps nothing on disk/),
    ]);
    expect(of('clocks')).toEqual(["ok: This machine's clock agrees with Redis."]);
  });

  test('one that asks for a password', async () => {
    const { code, of } = await examine('requirepass', 'sesame');
    expect(code).toBe(78);
    expect(of('redis')[0]).toMatch(/^problem: REDIS_URL: Redis refuses us: .*(NOAUTH|authentication)/i);
  });
});
