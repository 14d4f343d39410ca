/** Requests per second and CPU per request, all servers in turn, A B C A B C: session check, current user, unknown path. */
import { hammer, serverCore } from './load.mjs';
import { median } from './numbers.mjs';
import { start, verify } from './servers.mjs';

const floor = 'node-http';
export const operations = {
  check: { label: 'session check', path: 'check' },
  current: { label: 'current user', path: 'current' },
  missing: { label: 'unknown path', path: 'missing', status: 404 },
};

/** @returns per operation and server: `perSecond`, `cpu` (µs per request), `ratio` to the floor of the same round */
export async function measureThroughput(names, { rounds, warmUp, seconds, tell }) {
  const running = [];
  try {
    for (const name of names) running.push(await start(name, { core: serverCore }));
    for (const one of running) await verify(one);
    const result = {};
    for (const [operation, { label }] of Object.entries(operations)) {
      tell(label);
      result[operation] = await compare(running, operation, { rounds, warmUp, seconds });
    }
    return result;
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
}

async function compare(running, operation, { rounds, warmUp, seconds }) {
  const samples = new Map(running.map(({ name }) => [name, []]));
  for (const one of running) if (warmUp) await ask(one, operation, warmUp);
  for (let round = 0; round < rounds; round += 1)
    for (const one of running) samples.get(one.name).push(await ask(one, operation, seconds));
  const base = samples.get(floor);
  const row = (taken) => ({
    perSecond: Math.round(median(taken.map(({ perSecond }) => perSecond))),
    cpu: median(taken.map(({ cpu }) => cpu)),
    ratio: median(taken.map(({ perSecond }, round) => perSecond / base[round].perSecond)),
  });
  return Object.fromEntries([...samples].map(([name, taken]) => [name, row(taken)]));
}

async function ask(one, operation, seconds) {
  const { path, status } = operations[operation];
  const before = one.cpu();
  const { perSecond, total } = await hammer(one.url + one.paths[path], { cookie: one.cookie, seconds, status });
  return { perSecond, cpu: (one.cpu() - before) / total };
}
