/**
 * One million sessions against one thousand: what a look-up costs, and how long a sweep of 100,000 keeps others waiting.
 *   node --import ./test/support/typescript.js test/bench/stores/growth.ts [DATABASE_URL] [REDIS_URL] [sessions]
 * The database is filled and emptied: use one of its own. CPU is that of this process; the loop's longest pause is shown
 * with it. Rounds alternate between a small and a large store.
 */
import { createHash } from 'node:crypto';
import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Stores } from '../../../src/stores/contract.js';
import { openStores } from '../../../src/stores/open.js';
import { newSession, newUser, times } from '../../stores/kit.js';
import { freshMysql, freshPostgres } from '../../stores/servers.js';

const [databaseUrl = '', redisUrl = '', many = '1000000'] = process.argv.slice(2);
const alive = Date.now() + 9e6;
const keyOf = (index: number) => createHash('md5').update(String(index)).digest('hex');

interface House {
  stores: Stores;
  size: number;
  close(): Promise<void>;
}

const columns =
  'key, user_id, remember, created_at, last_seen_at, expires_at, absolute_expires_at, authenticated_at, address, user_agent, data';
const constants = (userId: number) =>
  `${userId}, 0, 1, 1, ${alive}, ${alive}, 1, '192.0.2.1', '${'Mozilla '.repeat(12)}', '{}'`;

async function house(size: number): Promise<House> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const fresh = await (databaseUrl.startsWith('postgres')
    ? freshPostgres(databaseUrl)
    : databaseUrl.startsWith('mysql')
      ? freshMysql(databaseUrl)
      : undefined);
  const url = fresh?.databaseUrl ?? databaseUrl;
  const redis = { prefix: `bench-${size}:` };
  const database = { statementTimeoutMs: 120_000 };
  const stores = await openStores({ databaseUrl: url, redisUrl, redis, dataDir, clock: Date, database });
  const { id } = await stores.users.insert(newUser());
  const insert = (text: string) => fresh!.query(text);
  if (redisUrl) await fillOneByOne(stores, id, size);
  else if (databaseUrl.startsWith('postgres'))
    await insert(
      `insert into sessions (${columns}) select md5(i::text), ${constants(id)} from generate_series(0, ${size - 1}) i; analyze`,
    );
  else if (databaseUrl.startsWith('mysql'))
    await insert(
      `insert into sessions (${columns.replace('key', '`key`')}) select md5(seq), ${constants(id)} from seq_0_to_${size - 1}`,
    );
  else fillFile(join(dataDir, 'gatehouse.sqlite'), id, size);
  const close = async () => {
    if (redisUrl) await stores.sessions.deleteOfUser(id);
    await stores.close();
    await fresh?.remove();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { stores, size, close };
}

async function fillOneByOne(stores: Stores, userId: number, size: number): Promise<void> {
  const one = (index: number) =>
    stores.sessions.insert(
      newSession(userId, { key: keyOf(index), expiresAt: alive, userAgent: 'Mozilla '.repeat(12) }),
    );
  for (let index = 0; index < size; index += 500) await Promise.all(times(500, (offset) => one(index + offset)));
}

function fillFile(file: string, userId: number, size: number): void {
  const database = new Database(file);
  database.exec('begin');
  const insert = database.prepare(`insert into sessions (${columns}) values (?, ${constants(userId)})`);
  for (let index = 0; index < size; index++) insert.run([keyOf(index)]);
  database.exec('commit');
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** 50 requests at once, as a busy server has them. */
async function lookUps({ stores }: House, among: number): Promise<{ cpu: number; wall: number }> {
  const keys = times(20_000, () => keyOf(Math.floor(Math.random() * among)));
  const begin = [cpu(), performance.now()] as const;
  for (let index = 0; index < keys.length; index += 50) {
    const found = await Promise.all(keys.slice(index, index + 50).map(async (key) => stores.sessions.find(key)));
    if (found.includes(undefined)) throw new Error('a session is missing');
    await new Promise(setImmediate);
  }
  return { cpu: (cpu() - begin[0]) / keys.length, wall: ((performance.now() - begin[1]) / keys.length) * 1000 };
}

const median = (numbers: number[]) => numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)]!;

async function compare(name: string, small: House, large: House, among: (house: House) => number): Promise<void> {
  const rounds = { small: [] as { cpu: number; wall: number }[], large: [] as { cpu: number; wall: number }[] };
  await lookUps(small, among(small));
  await lookUps(large, among(large));
  for (let round = 0; round < 7; round++) {
    rounds.small.push(await lookUps(small, among(small)));
    rounds.large.push(await lookUps(large, among(large)));
  }
  for (const figure of ['cpu', 'wall'] as const) {
    const [few, lots] = [median(rounds.small.map((r) => r[figure])), median(rounds.large.map((r) => r[figure]))];
    console.log(
      `${name.padEnd(44)} ${figure.padEnd(5)} ${few.toFixed(2)} µs → ${lots.toFixed(2)} µs  × ${(lots / few).toFixed(2)}`,
    );
  }
}

async function sweepMany({ stores }: House, count: number): Promise<void> {
  const { id } = await stores.users.insert(newUser());
  const over = Date.now() + 60_000;
  const one = () => stores.sessions.insert(newSession(id, { expiresAt: over }));
  for (let index = 0; index < count; index += 500) await Promise.all(times(500, one));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const longest = longestTurn();
  delay.enable();
  const begin = [cpu(), performance.now()] as const;
  const swept = await stores.sessions.sweep(over, count);
  delay.disable();
  const [used, took] = [(cpu() - begin[0]) / 1000, performance.now() - begin[1]];
  console.log(
    `sweep of ${swept}: ${took.toFixed(0)} ms, ${used.toFixed(0)} ms CPU, longest turn ${longest().toFixed(1)} ms, loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  );
}

/** CPU time of the longest turn: on a busy machine the clock also counts the others. */
function longestTurn(): () => number {
  let longest = 0;
  let last = cpu();
  let running = true;
  const turn = () => {
    const now = cpu();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    running = false;
    return longest / 1000;
  };
}

console.log(`${databaseUrl || 'SQLite'}${redisUrl && ' with Redis'}`);
const small = await house(1000);
const large = await house(Number(many));
await compare('the same 1,000 people', small, large, () => 1000);
await compare('anybody', small, large, ({ size }) => size);
await sweepMany(large, 100_000);
await small.close();
await large.close();
