/** Logins, wrong passwords, and what a flood of logins does to everybody else. All cores take part, but where one is meant. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { find, hashRate } from './hash-rate.mjs';
import { hammerLogins, serverCore } from './load.mjs';
import { median } from './numbers.mjs';
import { password, productMain, start, verify } from './servers.mjs';

/** Nobody is throttled or locked out while wrong passwords are timed; no mail tells of a login, as none of the others sends one. */
const patient = {
  settings: { lockout: { attempts: 1_000_000 }, mail: { login: false } },
  env: { ROUTES_FILE: fileURLToPath(new URL('patient-routes.yaml', import.meta.url)) },
};
const cost = 10;

/** Logins and wrong passwords per second at bcrypt cost 10 beside the bare rate of the hasher in use. */
export async function measureLogins(names, { rounds, warmUp, seconds, tell }) {
  const threads = availableParallelism();
  const running = [];
  const samples = new Map(names.map((name) => [name, { login: [], wrong: [] }]));
  const bare = { gatehouse: [], native: [] };
  const engines = { gatehouse: hasherInUse(), native: find('bcrypt', import.meta.url) };
  try {
    for (const name of names) running.push(await start(name, { cost, ...patient }));
    for (const one of running) await verify(one);
    for (const one of running) if (warmUp) await rate(one, password, warmUp, 200);
    for (let round = 0; round < rounds; round += 1) {
      tell(`logins, round ${round + 1} of ${rounds}`);
      for (const [key, engine] of Object.entries(engines))
        bare[key].push(await hashRate(engine, { threads, cost, seconds }));
      for (const one of running) {
        samples.get(one.name).login.push((await rate(one, password, seconds, 200)).perSecond);
        samples.get(one.name).wrong.push((await rate(one, 'wrong', seconds, one.wrongStatus)).perSecond);
      }
    }
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
  const rows = [...samples].map(([name, { login, wrong }]) => [name, { login: median(login), wrong: median(wrong) }]);
  const { login: ours } = samples.get('gatehouse');
  const beside = (others) => median(ours.map((perSecond, round) => perSecond / others[round]));
  return {
    servers: Object.fromEntries(rows),
    bareHashes: median(bare.gatehouse),
    nativeHashes: median(bare.native),
    // of the same round: the machine's speed is not the same from one minute to the next
    share: beside(bare.gatehouse),
    besideNative: beside(samples.get('express-passport').login),
  };
}

/** What the product hashes with here: native code where it is installed beside it, else bcryptjs. */
function hasherInUse() {
  try {
    return find('bcrypt', productMain);
  } catch {
    return find('bcryptjs', productMain);
  }
}

const rate = (one, secret, seconds, status) => hammerLogins(one, secret, { inFlight: 16, seconds, status });

/**
 * Everything of a login but the hash and the mail that tells of it (look-up, throttle, session, cookies, audit log), in
 * logins per second of one core: CPU time of the whole process, on one core and as busy as 50 clients make it.
 * `hash-once.mjs` makes each hash once and remembers it; where only bcryptjs is there, which is bundled, the lowest cost
 * is taken, and the time of the one thread that hashes, the busiest beside the main thread, is left out.
 */
export async function measureLoginWork({ rounds, seconds, tell }) {
  tell('everything of a login but the hash');
  const settings = { ...patient.settings, password: { workers: 1 } };
  const remembers = hasherInUse().endsWith('bcrypt.js');
  const node = remembers ? ['--import', new URL('hash-once.mjs', import.meta.url).href] : [];
  const one = await start('gatehouse', { ...patient, cost: 4, settings, node, core: serverCore });
  try {
    await verify(one);
    await workOf(one, 3 * seconds, remembers);
    const samples = [];
    for (let round = 0; round < rounds; round += 1) samples.push(await workOf(one, seconds, remembers));
    return { cpu: median(samples), perSecond: 1e6 / median(samples) };
  } finally {
    await one.stop();
  }
}

/** CPU time of a login, in microseconds. */
async function workOf(one, seconds, remembers) {
  const before = one.threads();
  const { total } = await hammerLogins(one, password, { inFlight: 50, seconds, status: 200 });
  const spent = [...one.threads()].map(([id, time]) => [id, time - (before.get(id) ?? 0)]);
  const busiest = Math.max(...spent.filter(([id]) => id !== one.pid).map(([, time]) => time));
  return (sum(spent.map(([, time]) => time)) - (remembers ? 0 : busiest)) / total;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** 500 checks a second on schedule while 16 logins are in flight, each server alone on the machine. */
export async function measureFlood(names, { rounds, seconds, tell }) {
  const result = {};
  for (const name of names) {
    tell(`flood of logins: ${name}`);
    const one = await start(name, { cost, ...patient });
    try {
      await verify(one);
      const taken = [];
      for (let round = 0; round < rounds; round += 1) taken.push(await floodOnce(one, seconds));
      const middle = (key) => median(taken.map((sample) => sample[key]));
      const lost = sum(taken.map((sample) => sample.lost));
      result[name] = {
        p50: middle('p50'),
        p99: middle('p99'),
        max: middle('max'),
        lost,
        logins: middle('loginsPerSecond'),
      };
    } finally {
      await one.stop();
    }
  }
  return result;
}

async function floodOnce(one, seconds) {
  const plan = {
    url: one.url,
    paths: one.paths,
    cookie: one.cookie,
    form: one.form(password),
    secret: password,
    logins: 16,
    perSecond: 500,
    seconds,
  };
  const client = fileURLToPath(new URL('flood-client.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [client, JSON.stringify(plan)]);
  return JSON.parse(stdout);
}
