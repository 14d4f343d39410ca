/** The servers that are compared: how each starts, where it answers what, and how its answers are checked before timing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuOf, memoryOf, threadsOf } from './process.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
export const productFolder = fileURLToPath(new URL('../..', import.meta.url));
export const productMain = join(productFolder, 'dist/main.js');

export const username = 'user';
export const password = 'correct horse battery';
const email = 'user@example.com';

const paths = {
  check: '/api/login/users/authenticated',
  current: '/api/login/users/current',
  login: '/api/login/logins/auth',
  missing: '/api/login/nothing-here',
};
const form = (secret) => ({ username, password: secret });
const says = {
  check: (text) => text === '{"authenticated":true}',
  current: (text) => Object.keys(JSON.parse(text)[0]).length === 28,
};

/** In the order of the table. `gatehouse` is ours, `node-http` the floor. */
export const servers = {
  'node-http': { label: 'bare node:http, sessions in a Map', file: 'node-http.js' },
  gatehouse: { label: 'Gatehouse' },
  'koa-bare': { label: 'Koa, three ifs and a Map', file: 'koa-bare.js' },
  'fastify-secure-session': {
    label: 'fastify + secure-session (no revocation)',
    file: 'fastify.js',
    env: { BENCH_SESSION: 'secure' },
  },
  'fastify-session': { label: 'fastify + @fastify/session', file: 'fastify.js', env: { BENCH_SESSION: 'store' } },
  'koa-session': { label: 'Koa + @koa/router + koa-session', file: 'koa-session.js' },
  'express-passport': { label: 'express + express-session + passport', file: 'express-passport.js' },
  'better-auth': {
    label: 'better-auth (memory)',
    file: 'better-auth.js',
    paths: {
      check: '/api/auth/get-session',
      current: '/api/auth/get-session',
      login: '/api/auth/sign-in/email',
      missing: '/api/auth/nothing-here',
    },
    form: (secret) => ({ email, password: secret }),
    wrongStatus: 401,
    says: { check: (text) => text.includes(`"email":"${email}"`), current: (text) => text.includes('"name":') },
  },
};

/**
 * Starts one and answers how to talk to it. `core`: pinned there; `cost`: of its password hashes; `settings` and `env`:
 * what else differs for Gatehouse; `seed`: runs over the data folder after the user was added.
 */
export async function start(name, options = {}) {
  const server = servers[name];
  const folder = benchFolder();
  const port = await freePort();
  const plan = server.file ? planPeer(server, port, options) : await planGatehouse(folder, port, options);
  plan.env.BENCH_FOLDER = folder;
  let child;
  const running = {
    name,
    url: `http://127.0.0.1:${port}`,
    folder,
    env: plan.env,
    label: server.label,
    paths: server.paths ?? paths,
    form: server.form ?? form,
    wrongStatus: server.wrongStatus ?? 422,
    says: server.says ?? says,
    cookie: '',
    cpu: () => cpuOf(child.pid),
    threads: () => threadsOf(child.pid),
    memory: () => memoryOf(child.pid),
    get pid() {
      return child.pid;
    },
    /** answers the milliseconds from the start of the process to its first answer */
    async run() {
      const begin = performance.now();
      child = launch(plan, options.core);
      await answers(running, child);
      return performance.now() - begin;
    },
    end: () => end(child),
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  running.startedIn = await running.run();
  return running;
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await once(child, 'exit');
  clearTimeout(killer);
}

function planPeer({ file, env = {} }, port, { cost = 10, node = [] }) {
  const settings = { PORT: String(port), BENCH_COST: String(cost), NODE_ENV: 'production', ...env };
  return { args: [...node, join(here, 'peers', file)], cwd: here, env: settings, quiet: true };
}

/** As shipped: routes.yaml and settings, SQLite in a new folder, the log in a file. */
async function planGatehouse(folder, port, { cost = 10, settings = {}, env = {}, node = [], users = true, seed }) {
  const config = join(folder, 'bench.json');
  const log = { file: join(folder, 'gatehouse.log') };
  writeFileSync(config, JSON.stringify({ ...settings, log, password: { cost, ...settings.password } }));
  const environment = {
    NODE_ENV: cost < 10 ? 'development' : 'production',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATA_DIR: join(folder, 'var'),
    CONFIG_FILE: config,
    ROUTES_FILE: join(productFolder, 'routes.yaml'),
    ...env,
  };
  if (users) await addUser(environment);
  await seed?.(environment);
  return { args: [...node, productMain, 'serve'], cwd: productFolder, env: environment };
}

/** Adds the user as an operator would. */
export async function addUser(env) {
  const args = [productMain, 'user', 'add', username, '--email', email, '--password-stdin'];
  args.push('--first-name', 'Ursula', '--last-name', 'User');
  const child = spawn(process.execPath, args, {
    cwd: productFolder,
    env: { ...inherited(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  child.stdin.end(`${password}\n`);
  const [code] = await once(child, 'exit');
  if (code !== 0 && !/taken|exists/i.test(said)) throw new Error(`user add ended with ${code}: ${said}`);
}

function inherited() {
  const { PATH, HOME, LANG } = process.env;
  return { PATH, HOME, LANG };
}

function launch({ args, cwd, env, quiet }, core) {
  const command =
    core === undefined || !pinning ? [process.execPath] : ['taskset', '-c', String(core), process.execPath];
  const [file, ...rest] = [...command, ...args];
  return spawn(file, rest, {
    cwd,
    env: { ...inherited(), ...env },
    stdio: ['ignore', 'ignore', quiet ? 'ignore' : 'inherit'],
  });
}

/** taskset is Linux; elsewhere nothing is pinned and the table says so. */
export const pinning = ['/usr/bin/taskset', '/bin/taskset'].some((file) => {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
});

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function answers(running, child) {
  for (let tries = 0; tries < 12_000; tries += 1) {
    if (child.exitCode !== null) throw new Error(`${running.name} ended with ${child.exitCode} before it answered`);
    const there = await fetch(running.url + running.paths.missing).catch(() => undefined);
    if (there) return void (await there.text());
    await sleep(5);
  }
  throw new Error(`${running.name} does not answer`);
}

/** Logs in and keeps the cookies as a browser would. */
export async function logIn(running) {
  const { response, text } = await postLogin(running, password);
  if (response.status !== 200) throw new Error(`${running.name}: login answered ${response.status} ${text}`);
  return cookiesOf(response);
}

/** As a browser's page sends it. */
export function loginHeaders({ url }) {
  return { 'Content-Type': 'application/json', Origin: url };
}

export async function postLogin(running, secret) {
  const response = await fetch(running.url + running.paths.login, {
    method: 'POST',
    headers: loginHeaders(running),
    body: JSON.stringify(running.form(secret)),
  });
  return { response, text: await response.text() };
}

function cookiesOf(response) {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

/** Every answer is right before anything is timed, and a stranger gets another one. */
export async function verify(running) {
  running.cookie = await logIn(running);
  for (const operation of ['check', 'current']) {
    const path = running.url + running.paths[operation];
    const known = await fetch(path, { headers: { Cookie: running.cookie } });
    const text = await known.text();
    if (known.status !== 200 || !running.says[operation](text)) throw wrongAnswer(running, operation, known, text);
    const stranger = await (await fetch(path)).text();
    if (stranger === text) throw new Error(`${running.name}: ${operation} answers a stranger the same`);
  }
  const missing = await fetch(running.url + running.paths.missing);
  if (missing.status !== 404) throw wrongAnswer(running, 'missing', missing, await missing.text());
  await missing.text();
  const { response, text } = await postLogin(running, 'wrong');
  if (response.status !== running.wrongStatus) throw wrongAnswer(running, 'wrong password', response, text);
}

function wrongAnswer({ name }, operation, { status }, text) {
  return new Error(`${name}: ${operation} answers ${status} ${text.slice(0, 200)}`);
}

/** A new folder that names this process. */
export function benchFolder() {
  return mkdtempSync(join(tmpdir(), `gatehouse-bench-${process.pid}-`));
}

/** Removes what interrupted runs left behind. */
export function tidy() {
  for (const name of readdirSync(tmpdir())) {
    const owner = /^gatehouse-bench-(\d+)-/.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
