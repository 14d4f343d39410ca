/**
 * `npm run bench -- --scale`: what one, two and four processes serve, and what Redis costs. Writes scale.json beside this file.
 *
 * Two cores cannot lend a whole one to each of two processes while the load and Redis need some too. So each process gets
 * the same bounded share of a core (a control group: a quarter, whether there are one, two or four), free to run on
 * either, and load and Redis have what is left: half of the machine and more. What so many processes serve together, as a
 * multiple of what one serves, is measured and not computed. 50 connections for each process; servers take turns, medians
 * of the rounds. Sessions are in Redis (TEST_REDIS_URL), users in SQLite.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { boundCpu } from './cpu-share.mjs';
import { hammer } from './load.mjs';
import { median } from './numbers.mjs';
import { cpuOf } from './process.mjs';
import { clearRedis } from './seed.mjs';
import { logIn, start } from './servers.mjs';

const file = fileURLToPath(new URL('scale.json', import.meta.url));

export async function measureScale({ rounds, seconds, tell, env }) {
  if (!env.TEST_REDIS_URL) throw new Error('TEST_REDIS_URL is not set');
  const results = { taken: new Date().toISOString().slice(0, 10), redis: await redisRatio(rounds, seconds, tell, env) };
  results.processes = await processes([1, 2, 4], rounds, seconds, tell, env);
  writeFileSync(
    file,
    `${JSON.stringify(results, (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value), 2)}\n`,
  );
  return results;
}

/** One process pinned to a core, the load on the other: CPU for each request without Redis, as a share of that with it. */
export async function redisRatio(rounds, seconds, tell, env) {
  const redisUrl = `${env.TEST_REDIS_URL}/14`;
  await clearRedis(redisUrl);
  const running = [
    await start('gatehouse', { core: 0 }),
    await start('gatehouse', { core: 0, env: { REDIS_URL: redisUrl } }),
  ];
  try {
    const samples = await inTurn(running, rounds, seconds);
    const [memory, redis] = samples.map(figuresOf);
    const ratio = median(samples[1].map(({ cpu }, round) => samples[0][round].cpu / cpu));
    tell(`in memory ${memory.perSecond.toFixed(0)}/s, ${memory.cpu.toFixed(1)} µs CPU for each request`);
    tell(`with Redis ${redis.perSecond.toFixed(0)}/s, ${redis.cpu.toFixed(1)} µs CPU for each: × ${ratio.toFixed(2)}`);
    return { memory, redis, ratio };
  } finally {
    for (const one of running) await one.stop();
    await clearRedis(redisUrl);
  }
}

/** of a core, for each process */
const share = 0.25;

export async function processes(counts, rounds, seconds, tell, env) {
  const redisUrl = `${env.TEST_REDIS_URL}/15`;
  await clearRedis(redisUrl);
  const running = [];
  const releases = [];
  try {
    for (const count of counts) {
      const crew = { REDIS_URL: redisUrl, WEB_CONCURRENCY: String(count) };
      const one = await start('gatehouse', { env: crew });
      running.push(Object.assign(one, { connections: 50 * count }));
      for (const pid of servingOf(one.pid)) releases.push(boundCpu(pid, share));
    }
    const samples = await inTurn(running, rounds, seconds, { core: null });
    const alone = figuresOf(samples[0]).perSecond;
    return Object.fromEntries(
      counts.map((count, index) => [count, scaled(count, figuresOf(samples[index]), alone, tell)]),
    );
  } finally {
    await Promise.allSettled(running.map((one) => one.stop()));
    for (const release of releases) await release();
    await clearRedis(redisUrl);
  }
}

function scaled(count, figures, alone, tell) {
  const times = figures.perSecond / alone;
  const name = `${count} process${count > 1 ? 'es' : ''}`;
  tell(`${name} of ${share} core each ${figures.perSecond.toFixed(0)}/s: × ${times.toFixed(2)}`);
  return { ...figures, share, times };
}

/** Per server and round: requests per second, and CPU µs per request of all its processes. */
async function inTurn(running, rounds, seconds, load = {}) {
  for (const one of running) one.cookie = await logIn(one);
  const samples = running.map(() => []);
  const ask = async (one) => {
    const before = crewCpu(one.pid);
    const { perSecond, total } = await hammer(one.url + one.paths.check, {
      cookie: one.cookie,
      seconds,
      connections: one.connections,
      ...load,
    });
    return { perSecond, cpu: (crewCpu(one.pid) - before) / total };
  };
  for (const one of running) await ask(one);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, one] of running.entries()) samples[index].push(await ask(one));
  return samples;
}

const figuresOf = (samples) => ({
  perSecond: median(samples.map(({ perSecond }) => perSecond)),
  cpu: median(samples.map(({ cpu }) => cpu)),
});

/** Of a process and its children. */
function crewCpu(pid) {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuOf(one), 0);
}

/** Those that answer requests: the workers of a crew, else the process itself. */
function servingOf(pid) {
  const workers = childrenOf(pid);
  return workers.length > 0 ? workers : [pid];
}

function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid);
}

function parentOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]);
  } catch {
    return Number.NaN;
  }
}
