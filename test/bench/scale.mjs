/**
 * `npm run bench -- --scale`: what one, two and four processes serve, and what Redis costs. Writes scale.json beside this file.
 *
 * On a machine whose cores also carry the load, requests per second say little. What counts is how many requests a
 * process answers in a second of CPU time: measured with 1, 2 and 4 processes under the same load, and for the users/authenticated
 * of one process with sessions in memory and in Redis. Two processes on two cores that nobody else uses serve twice the
 * requests per CPU second of two; the ratio to one is told. Servers take turns, medians of the rounds.
 *
 * Needs TEST_REDIS_URL; with TEST_POSTGRES_URL users are there, else in SQLite.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hammer } from './load.mjs';
import { median } from './numbers.mjs';
import { cpuOf } from './process.mjs';
import { clearRedis, dropDatabase, freshDatabase } from './seed.mjs';
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

/** One process pinned to a core, the load on the other: requests per second with Redis, as a share of those without. */
async function redisRatio(rounds, seconds, tell, env) {
  const redisUrl = `${env.TEST_REDIS_URL}/14`;
  await clearRedis(redisUrl);
  const running = [
    await start('gatehouse', { core: 0 }),
    await start('gatehouse', { core: 0, env: { REDIS_URL: redisUrl } }),
  ];
  try {
    const samples = await inTurn(running, rounds, seconds);
    const [memory, redis] = samples.map(figuresOf);
    const ratio = median(samples[1].map(({ perSecond }, round) => perSecond / samples[0][round].perSecond));
    tell(
      `users/authenticated ${memory.perSecond.toFixed(0)}/s, with Redis ${redis.perSecond.toFixed(0)}/s: ${ratio.toFixed(2)}`,
    );
    return { memory, redis, ratio };
  } finally {
    for (const one of running) await one.stop();
    await clearRedis(redisUrl);
  }
}

async function processes(counts, rounds, seconds, tell, env) {
  const redisUrl = `${env.TEST_REDIS_URL}/15`;
  await clearRedis(redisUrl);
  const name = 'gatehouse_bench_scale';
  const database = env.TEST_POSTGRES_URL && (await freshDatabase(env.TEST_POSTGRES_URL, name));
  const running = [];
  try {
    for (const count of counts) {
      const place = {
        REDIS_URL: redisUrl,
        WEB_CONCURRENCY: String(count),
        ...(database && { DATABASE_URL: database }),
      };
      running.push(await start('gatehouse', { env: place }));
    }
    const samples = await inTurn(running, rounds, seconds);
    return Object.fromEntries(
      counts.map((count, index) => {
        const figures = figuresOf(samples[index]);
        const perCpuSecond = 1e6 / figures.cpu;
        const oneCpu = figuresOf(samples[0]).cpu;
        const result = { ...figures, perCpuSecond, times: (count * oneCpu) / figures.cpu };
        tell(
          `${count} processes: ${figures.perSecond.toFixed(0)}/s beside the load, ${figures.cpu.toFixed(1)} µs CPU each, ${perCpuSecond.toFixed(0)} per CPU second; on ${count} free cores × ${result.times.toFixed(2)}`,
        );
        return [count, result];
      }),
    );
  } finally {
    for (const one of running) await one.stop();
    await clearRedis(redisUrl);
    if (database) await dropDatabase(env.TEST_POSTGRES_URL, name);
  }
}

/** Per server and round: requests per second, and CPU µs per request of all its processes. */
async function inTurn(running, rounds, seconds) {
  for (const one of running) one.cookie = await logIn(one);
  const samples = running.map(() => []);
  const ask = async (one) => {
    const before = crewCpu(one.pid);
    const { perSecond, total } = await hammer(one.url + one.paths.check, { cookie: one.cookie, seconds });
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
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid);
  return [pid, ...children].reduce((sum, one) => sum + cpuOf(one), 0);
}

function parentOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]);
  } catch {
    return Number.NaN;
  }
}
