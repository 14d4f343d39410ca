/**
 * What logins, checks and an idle minute ask of the database and of Redis, and how much room a session takes.
 *   node --import ./test/support/typescript.js test/bench/stores/demand.ts
 * TEST_POSTGRES_URL, TEST_MARIADB_URL and TEST_REDIS_URL say where the servers are; makes databases (or keys) of its own and
 * removes them. Statements are what goes over the connection: a proxy counts them. Prints one line of JSON at the end.
 */
import { Redis } from 'ioredis';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { newSessionId } from '../../../src/auth/session.js';
import { addUser } from '../../../src/auth/users.js';
import { loadSettings } from '../../../src/config/load.js';
import { startGatehouse } from '../../../src/gatehouse.js';
import { openStores } from '../../../src/stores/open.js';
import { newSession, newUser, times } from '../../stores/kit.js';
import { freshMysql, freshPostgres } from '../../stores/servers.js';

const postgres = process.env.TEST_POSTGRES_URL!;
const mariadb = process.env.TEST_MARIADB_URL!;
const redis = process.env.TEST_REDIS_URL!;
const password = 'correct horse battery';
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

/** Counts what `tell` finds in the bytes that go to the server. */
async function countingProxy(target: string, count: (bytes: Buffer) => number) {
  const { hostname, port } = new URL(target);
  let counted = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on('data', (bytes: Buffer) => (counted += count(bytes)));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {}).on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const take = () => {
    const sofar = counted;
    counted = 0;
    return sofar;
  };
  return { url: url.href, take, close: () => server.close() };
}

/** Each round trip of PostgreSQL's protocol ends with Sync (five bytes), or is a simple query. */
function postgresStatements(bytes: Buffer): number {
  let found = 0;
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1))
    if (bytes[at] === 0x53 || bytes[at] === 0x51) found += 1;
  return found;
}

/** Each command begins with the number of its parts. */
const redisCommands = (bytes: Buffer): number => bytes.toString('latin1').match(/(^|\r\n)\*\d+\r\n/g)?.length ?? 0;

type Counts = Record<'database' | 'redis', number>;

async function demandOf(withRedis: boolean): Promise<Record<'login' | 'check' | 'minute', Counts>> {
  const database = await freshPostgres(postgres);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const toDatabase = await countingProxy(database.databaseUrl, postgresStatements);
  const toRedis = await countingProxy(redis, redisCommands);
  const prefix = `gatehouse-bench-${process.pid}:`;
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify({ redis: { prefix }, password: { cost: 4 } }));
  const settings = loadSettings({
    env: {
      NODE_ENV: 'test',
      PORT: '0',
      CONFIG_FILE: join(folder, 'config.yaml'),
      ROUTES_FILE: fileURLToPath(new URL('../../../routes.yaml', import.meta.url)),
      DATA_DIR: folder,
      DATABASE_URL: toDatabase.url,
      ...(withRedis && { REDIS_URL: toRedis.url }),
    },
    cwd: folder,
  });
  const gatehouse = await startGatehouse(settings, { log: pino({ enabled: false }) });
  const { host, port } = gatehouse.address();
  const url = `http://${host}:${port}/api/login`;
  const origin = { address: '', userAgent: '', requestId: '' };
  const people = times(20, (index) => ({ username: `user${index}`, email: `user${index}@example.com`, password }));
  for (const person of people) await addUser(gatehouse.services, person, 'test', origin);
  await gatehouse.services.tell.settled();
  const take = (share: number): Counts => ({ database: toDatabase.take() / share, redis: toRedis.take() / share });

  take(1);
  await sleep(20_000);
  const minute = take(1 / 3);
  const cookies: string[] = [];
  for (const { username } of people) {
    const headers = { 'Content-Type': 'application/json', 'User-Agent': browser };
    const answer = await fetch(`${url}/logins/auth`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ username, password }),
    });
    if (answer.status !== 200) throw new Error(`login answered ${answer.status}`);
    cookies.push(answer.headers.getSetCookie()[0]!.split(';')[0]!);
  }
  await gatehouse.services.tell.settled();
  const login = take(people.length);
  for (let round = 0; round < 10; round++)
    for (const cookie of cookies)
      await (await fetch(`${url}/users/authenticated`, { headers: { Cookie: cookie } })).text();
  const check = take(10 * people.length);
  await gatehouse.stop();
  toDatabase.close();
  toRedis.close();
  await database.remove();
  await forget(prefix);
  rmSync(folder, { recursive: true });
  return { login, check, minute };
}

async function forget(prefix: string): Promise<void> {
  const client = new Redis(redis);
  const keys = await client.keys(`{${prefix}*`);
  for (let at = 0; at < keys.length; at += 1000) await client.unlink(keys.slice(at, at + 1000));
  client.disconnect();
}

const sample = 50_000;
const people = 5_000;

/** Bytes of each session, with its share of the indexes, in a store that was filled in the order of its logins. */
async function roomOf(
  databaseUrl: string,
  size: () => Promise<number>,
  redisPrefix?: string,
  folder = '',
): Promise<number> {
  const place = redisPrefix ? { redisUrl: redis, redis: { prefix: redisPrefix } } : {};
  const stores = await openStores({ databaseUrl, dataDir: folder, clock: Date, ...place });
  const alive = Date.now() + 9e6;
  const ids: number[] = [];
  while (ids.length < people)
    ids.push(...(await Promise.all(times(50, async () => (await stores.users.insert(newUser())).id))));
  const before = await size();
  for (let index = 0; index < sample; index += 250)
    await Promise.all(
      times(250, (offset) => {
        const key = newSessionId();
        const values = { key, lastSeenAt: Date.now(), expiresAt: alive, absoluteExpiresAt: alive, userAgent: browser };
        return stores.sessions.insert(newSession(ids[(index + offset) % ids.length]!, values));
      }),
    );
  await stores.close();
  return Math.round(((await size()) - before) / sample);
}

async function rooms(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const file = join(folder, 'gatehouse.sqlite');
  const bytesOf = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  const SQLite = await roomOf('', async () => bytesOf(file) + bytesOf(`${file}-wal`), undefined, folder);
  rmSync(folder, { recursive: true });
  const pg = await freshPostgres(postgres);
  const { default: driver } = await import('pg');
  const PostgreSQL = await roomOf(pg.databaseUrl, async () => {
    const client = new driver.Client(pg.databaseUrl);
    await client.connect();
    const { rows } = await client.query(`select pg_total_relation_size('sessions') as size`);
    await client.end();
    return Number((rows as { size: string }[])[0]!.size);
  });
  await pg.remove();
  const maria = await freshMysql(mariadb);
  const { createConnection } = await import('mysql2/promise');
  const MariaDB = await roomOf(maria.databaseUrl, async () => {
    const connection = await createConnection(maria.databaseUrl);
    await connection.query('analyze table sessions');
    const [rows] = await connection.query(
      `select data_length + index_length as size from information_schema.tables where table_schema = database() and table_name = 'sessions'`,
    );
    await connection.end();
    return (rows as { size: number }[])[0]!.size;
  });
  await maria.remove();
  const prefix = `gatehouse-bench-${process.pid}:`;
  const client = new Redis(redis);
  const memory = async () => Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))![1]);
  const inRedis = await roomOf('sqlite::memory:', memory, prefix);
  client.disconnect();
  await forget(prefix);
  return { SQLite, PostgreSQL, MariaDB, Redis: inRedis };
}

const demand = { database: await demandOf(false), withRedis: await demandOf(true) };
const bytesPerSession = await rooms();
console.log(JSON.stringify({ demand, bytesPerSession }));
