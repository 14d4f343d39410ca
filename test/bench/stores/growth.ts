/**
 * One million sessions against one thousand: what a look-up costs, and how long a sweep of 100,000 keeps others waiting.
 *   node --import ./test/support/typescript.js test/bench/stores/growth.ts [DATABASE_URL] [REDIS_URL] [sessions] [swept]
 * Makes databases (or keys) of its own there and removes them. Prints lines for people and, last, one of JSON; a run of the
 * usual size goes into growth.json, of which `npm run readme` makes a table.
 *
 * Look-ups come 50 at once, as a busy server has them, once among the same 1,000 people in both stores, once among all;
 * then one by one, as somebody alone waits: CPU of this process, and the time until the answers are there. Rounds alternate between the small and the large store.
 * While the server sweeps as it does every minute, somebody looks up a session every millisecond; so it is done before.
 */
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import Database from 'libsql';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweep } from '../../../src/auth/sweep.js';
import type { Services } from '../../../src/auth/services.js';
import type { Stores } from '../../../src/stores/contract.js';
import { openStores } from '../../../src/stores/open.js';
import { tagOf } from '../../../src/stores/redis/tags.js';
import { newSession, newUser, times } from '../../stores/kit.js';
import { freshMysql, freshPostgres } from '../../stores/servers.js';

const [databaseUrl = '', redisUrl = '', many = '1000000', swept = '100000'] = process.argv.slice(2);
const alive = Date.now() + 9e6;
const agent = 'Mozilla '.repeat(12);
const keyOf = (index: number) => createHash('md5').update(String(index)).digest('hex');

interface House {
  stores: Stores;
  size: number;
  close(): Promise<void>;
}

const columns =
  'key, user_id, remember, created_at, last_seen_at, expires_at, absolute_expires_at, authenticated_at, address, user_agent, data';
const constants = (userId: number) => `${userId}, 0, 1, 1, ${alive}, ${alive}, 1, '192.0.2.1', '${agent}', '{}'`;

async function house(size: number): Promise<House> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  const fresh = await (databaseUrl.startsWith('postgres')
    ? freshPostgres(databaseUrl)
    : databaseUrl.startsWith('mysql')
      ? freshMysql(databaseUrl)
      : undefined);
  const url = fresh?.databaseUrl ?? databaseUrl;
  const prefix = `bench-${size}:`;
  const stores = await openStores({ databaseUrl: url, redisUrl, redis: { prefix }, dataDir, clock: Date });
  const { id } = await stores.users.insert(newUser());
  if (redisUrl) await fillRedis(prefix, size);
  else if (databaseUrl.startsWith('postgres'))
    for (const text of [
      `insert into sessions (${columns}) select md5(i::text), ${constants(id)} from generate_series(0, ${size - 1}) i`,
      'vacuum analyze sessions',
      'checkpoint',
    ])
      await fresh!.query(text);
  else if (databaseUrl.startsWith('mysql'))
    await fresh!.query(
      `insert into sessions (${columns.replace('key', '`key`')}) select md5(seq), ${constants(id)} from seq_0_to_${size - 1}`,
    );
  else fillFile(join(dataDir, 'gatehouse.sqlite'), id, size);
  const close = async () => {
    await stores.close();
    await fresh?.remove();
    if (redisUrl) await forgetKeys(prefix);
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { stores, size, close };
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

/** As the store files them, four sessions for each user; many to a script, because nobody waits. KEYS: one of the tag. */
const filing = `
  local tag = KEYS[1]:match('^(.-})')
  for index = 4, #ARGV, 2 do
    local key, user = ARGV[index], ARGV[index + 1]
    redis.call('set', tag .. ':session:' .. key, user .. ARGV[1], 'px', ARGV[2])
    for _, set in ipairs({ ':user:' .. user, ':all', ':seen' }) do redis.call('zadd', tag .. set, ARGV[3], key) end
  end`;

async function fillRedis(prefix: string, size: number): Promise<void> {
  const client = new Redis(redisUrl);
  const { address, userAgent, createdAt, absoluteExpiresAt } = newSession(1, { userAgent: agent });
  const rest = JSON.stringify({ remember: false, createdAt, absoluteExpiresAt, address, userAgent });
  const text = `\n\n${alive}\n${alive}\n${createdAt}\n{}\n${rest}`;
  for (let from = 0; from < size; from += 10_000) {
    const byTag = new Map<string, (string | number)[]>();
    for (let index = from; index < Math.min(from + 10_000, size); index++) {
      const key = keyOf(index);
      const tag = tagOf(`${prefix}s`, key);
      byTag.set(tag, [...(byTag.get(tag) ?? []), key, index >> 2]);
    }
    await Promise.all([...byTag].map(([tag, own]) => client.eval(filing, 1, `${tag}:`, text, 9e6, alive, ...own)));
  }
  client.disconnect();
}

async function forgetKeys(prefix: string): Promise<void> {
  const client = new Redis(redisUrl);
  for await (const keys of client.scanStream({ match: `{${prefix}*`, count: 5000 }) as AsyncIterable<string[]>)
    if (keys.length > 0) await client.unlink(keys);
  client.disconnect();
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Microseconds for each look-up. */
interface Cost {
  cpu: number;
  wall: number;
}

interface Load {
  among: number;
  atOnce: number;
  count: number;
}

async function lookUps({ stores }: House, { among, atOnce, count }: Load): Promise<Cost> {
  const keys = times(count, () => keyOf(Math.floor(Math.random() * among)));
  const begin = [cpu(), performance.now()] as const;
  for (let index = 0; index < keys.length; index += atOnce) {
    const found = await Promise.all(keys.slice(index, index + atOnce).map(async (key) => stores.sessions.find(key)));
    if (found.includes(undefined)) throw new Error('a session is missing');
    await new Promise(setImmediate);
  }
  return { cpu: (cpu() - begin[0]) / keys.length, wall: ((performance.now() - begin[1]) / keys.length) * 1000 };
}

const sorted = (numbers: number[]) => numbers.toSorted((left, right) => left - right);
const median = (numbers: number[]) => sorted(numbers)[Math.floor(numbers.length / 2)]!;
const round = (value: number) => Math.round(value * 100) / 100;

async function compare(name: string, among: (house: House) => number, { atOnce = 50, count = 20_000 } = {}) {
  const rounds = { small: [] as Cost[], large: [] as Cost[] };
  const ask = (one: House) => lookUps(one, { among: among(one), atOnce, count });
  await ask(small);
  await ask(large);
  for (let turn = 0; turn < 9; turn++) {
    rounds.small.push(await ask(small));
    rounds.large.push(await ask(large));
  }
  const result = (['cpu', 'wall'] as const).map((figure) => {
    const few = round(median(rounds.small.map((cost) => cost[figure])));
    const lots = round(median(rounds.large.map((cost) => cost[figure])));
    console.log(`${name.padEnd(24)} ${figure.padEnd(5)} ${few} µs → ${lots} µs  × ${round(lots / few)}`);
    return [figure, { few, lots, ratio: round(lots / few) }];
  });
  return Object.fromEntries(result) as Record<'cpu' | 'wall', { few: number; lots: number; ratio: number }>;
}

/** The floor: what the processor's own memory makes of a million, without any store. */
function bareMaps(size: number) {
  const maps = [1000, size].map((count) => new Map(times(count, (index) => [keyOf(index), { userId: index >> 2 }])));
  const look = (map: Map<string, { userId: number }>) => {
    const keys = times(200_000, () => keyOf(Math.floor(Math.random() * map.size)));
    const begin = cpu();
    let found = 0;
    for (const key of keys) found += map.get(key)!.userId;
    if (found === 0) throw new Error('nothing was found');
    return (cpu() - begin) / keys.length;
  };
  const costs = maps.map((map) => times(9, () => look(map)));
  const [few, lots] = costs.map((rounds) => round(median(rounds))) as [number, number];
  console.log(`a bare Map               cpu   ${few} µs → ${lots} µs  × ${round(lots / few)}`);
  return { cpu: { few, lots, ratio: round(lots / few) } };
}

/** Milliseconds that each of the look-ups took until `done`. */
async function watch({ stores, size }: House, done: Promise<unknown>): Promise<number[]> {
  const waits: number[] = [];
  const over = new AbortController();
  void done.finally(() => over.abort());
  while (!over.signal.aborted) {
    const begin = performance.now();
    await new Promise(setImmediate);
    await stores.sessions.find(keyOf(Math.floor(Math.random() * size)));
    waits.push(performance.now() - begin);
    await sleep(1);
  }
  return waits;
}

function waitsOf(name: string, waits: number[]) {
  const order = sorted(waits);
  const at = (share: number) => round(order[Math.min(order.length - 1, Math.floor(order.length * share))]!);
  const result = { median: at(0.5), p99: at(0.99), longest: at(1) };
  console.log(`${name.padEnd(24)} median ${result.median} ms, p99 ${result.p99} ms, longest ${result.longest} ms`);
  return result;
}

async function sweepMany(house: House, count: number) {
  const { stores } = house;
  const { id } = await stores.users.insert(newUser());
  const over = Date.now() + 60_000;
  const one = () => stores.sessions.insert(newSession(id, { expiresAt: over }));
  for (let index = 0; index < count; index += 500) await Promise.all(times(500, one));
  const clock = { now: () => over };
  const calm = waitsOf('look-up before', await watch(house, sleep(5000)));
  const begin = [cpu(), performance.now()] as const;
  const sweeping = sweep({ stores, clock, settings: { audit: { keep: 1e6 } } } as Services);
  const longest = longestTurn();
  const during = waitsOf('look-up during a sweep', await watch(house, sweeping));
  const { sessions } = await sweeping;
  const figures = {
    sessions,
    ms: Math.round(performance.now() - begin[1]),
    cpuMs: Math.round((cpu() - begin[0]) / 1000),
  };
  const turn = round(longest());
  console.log(`sweep of ${sessions}: ${figures.ms} ms, ${figures.cpuMs} ms CPU, longest turn ${turn} ms of CPU`);
  return { ...figures, longestTurnCpu: turn, calm, during };
}

/** CPU time of the longest turn of the event loop: on a busy machine the clock also counts the others. */
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

/** For the README's table. */
function note(store: string, figures: object): void {
  const file = new URL('growth.json', import.meta.url);
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  writeFileSync(file, `${JSON.stringify({ ...known, [store]: figures }, null, 2)}\n`);
}

const store = redisUrl
  ? 'Redis'
  : databaseUrl.startsWith('postgres')
    ? 'PostgreSQL'
    : databaseUrl.startsWith('mysql')
      ? 'MariaDB'
      : 'SQLite';
console.log(`${store}, 1,000 and ${Number(many).toLocaleString('en')} sessions`);
const small = await house(1000);
const large = await house(Number(many));
try {
  const same = await compare('the same 1,000 people', () => 1000);
  const all = await compare('anybody', ({ size }) => size);
  const alone = await compare('anybody, one by one', ({ size }) => size, { atOnce: 1, count: 3000 });
  const sweeping = await sweepMany(large, Number(swept));
  console.log(JSON.stringify({ store, sessions: Number(many), same, all, alone, sweeping }));
  const usual = many === '1000000' && swept === '100000';
  if (usual) note(store, { same, all, alone, sweeping });
  const floor = store === 'SQLite' && bareMaps(Number(many));
  if (usual && floor) note('a bare `Map`', { all: floor });
} finally {
  await small.close();
  await large.close();
}
