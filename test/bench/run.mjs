/**
 * `npm run bench`: measures this server beside bare node:http and the login stacks people use, prints one table, writes
 * results.json and results.svg beside this file, of which `npm run readme` makes the README's table.
 *
 *   npm run bench                 everything, under 25 minutes on a quiet machine
 *   npm run bench -- --quick      the same with few and short rounds, under three minutes: for looking, not for quoting
 *   npm run bench -- --gate       only what can be compared within one run; exits 1 where a figure less its margin is missed
 *   npm run bench -- --only flood,memory    measures these anew and keeps what results.json says of the others
 *   npm run bench -- --scale      1, 2 and 4 processes, and what Redis costs, into scale.json
 *
 * TEST_POSTGRES_URL, TEST_MARIADB_URL and TEST_REDIS_URL add those stores to the session-count measurement.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { figuresOf, margin } from './figures.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    gate: { type: 'boolean' },
    only: { type: 'string' },
    scale: { type: 'boolean' },
  },
});

preparePeers();
const { generator } = await import('./load.mjs');
const { pinning, servers, tidy } = await import('./servers.mjs');
const { printResults } = await import('./table.mjs');
const { drawChart } = await import('./chart.mjs');

const everybody = Object.keys(servers);
const flooded = ['gatehouse', 'koa-session', 'express-passport', 'better-auth'];
const long = {
  rounds: 3,
  seconds: 8,
  // many short rounds: a shared machine's speed changes within seconds, and a median forgives that only among many
  throughput: { rounds: 7, warmUp: 3, seconds: 3 },
  logins: { rounds: 5, warmUp: 3, seconds: 4 },
  flood: 8,
  flooded,
  remembering: everybody,
  settle: 3,
  sessions: 10_000,
  users: 1_000_000,
  starts: 5,
  stored: 1_000_000,
  scaling: { rounds: 7, seconds: 3 },
  idle: 10_000,
};
const short = {
  rounds: 1,
  seconds: 1,
  throughput: { rounds: 1, warmUp: 0, seconds: 1 },
  logins: { rounds: 1, warmUp: 0, seconds: 1 },
  flood: 1,
  flooded: flooded.slice(0, 2),
  remembering: ['node-http', 'gatehouse'],
  settle: 1,
  sessions: 2000,
  users: 50_000,
  starts: 1,
  stored: 50_000,
  scaling: { rounds: 1, seconds: 1 },
  idle: 1000,
};
const gate = { ...long, flooded: ['gatehouse'] };
const plan = options.quick ? short : options.gate ? gate : long;
const names = options.gate ? ['node-http', 'gatehouse', 'fastify-session'] : everybody;

const parts = {
  throughput: async () => (await import('./throughput.mjs')).measureThroughput(names, { ...plan.throughput, tell }),
  logins: async () =>
    (await import('./logins.mjs')).measureLogins(['gatehouse', 'express-passport', 'better-auth'], {
      ...plan.logins,
      tell,
    }),
  basic: async () =>
    (await import('./basic.mjs')).measureBasic({ rounds: plan.rounds + 2, seconds: plan.seconds / 2, tell }),
  loginWork: async () => (await import('./logins.mjs')).measureLoginWork({ ...plan.logins, tell }),
  flood: async () =>
    (await import('./logins.mjs')).measureFlood(plan.flooded, { rounds: plan.rounds, seconds: plan.flood, tell }),
  memory: async () => (await import('./memory.mjs')).measureMemory(plan.remembering, { ...plan, tell }),
  idle: async () => (await import('./idle-connections.mjs')).measureIdleConnections({ connections: plan.idle, tell }),
  routes: async () => (await import('./routes.mjs')).measureRoutes([10, 10_000], { ...plan.scaling, tell }),
  sessions: async () =>
    (await import('./sessions.mjs')).measureSessions([1000, plan.stored], {
      ...plan.scaling,
      tell,
      env: process.env,
    }),
  startup: async () => (await import('./startup.mjs')).measureStartup({ users: plan.users, rounds: plan.starts, tell }),
  install: async () => (await import('./install.mjs')).measureInstall({ tell }),
};
const gated = ['throughput', 'basic', 'loginWork', 'flood', 'routes'];
const wanted = options.only?.split(',') ?? (options.gate ? gated : Object.keys(parts));

tidy();
if (options.scale) {
  const { measureScale } = await import('./scale.mjs');
  await measureScale({ rounds: plan.rounds + 2, seconds: plan.seconds / 2, tell, env: process.env });
  process.exit(0);
}
const begin = performance.now();
const results = { ...former(), taken: new Date().toISOString().slice(0, 10), machine: machine() };
for (const name of wanted) results[name] = await parts[name]();
results.figures = figuresOf(results);
printResults(results);
tell(`that took ${Math.round((performance.now() - begin) / 1000)} s`);
if (!options.gate && !options.quick) {
  writeFileSync(`${here}results.json`, `${JSON.stringify(results, roundOff, 2)}\n`);
  writeFileSync(`${here}results.svg`, drawChart(results));
}
const missed = results.figures.filter((figure) => !figure.holdsWithin);
if (options.gate && missed.length) {
  for (const { what, reached, asked } of missed)
    console.error(`gate: ${what}: ${reached}, asked is ${asked} ${margin}`);
  process.exit(1);
}
process.exit(0);

/** The servers to compare with, installed once from their own manifest; and a built product. */
function preparePeers() {
  const product = `${here}../..`;
  if (!existsSync(`${product}/dist/main.js`)) execFileSync('npm', ['run', 'build'], { cwd: product, stdio: 'inherit' });
  const modules = `${here}node_modules/.package-lock.json`;
  if (existsSync(modules) && statSync(modules).mtimeMs >= statSync(`${here}package-lock.json`).mtimeMs) return;
  tell('installing the servers to compare with');
  mkdirSync(`${here}node_modules`, { recursive: true });
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, stdio: 'inherit' });
}

function former() {
  return options.only && existsSync(`${here}results.json`)
    ? JSON.parse(readFileSync(`${here}results.json`, 'utf8'))
    : {};
}

function machine() {
  return {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? '',
    pinned: pinning,
    generator,
  };
}

function roundOff(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}

function tell(text) {
  process.stderr.write(`  ${text} …\n`);
}
