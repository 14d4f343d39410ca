/** Load: wrk where it is installed, else autocannon, on a core of its own; and logins, by wrk or a small closed loop. */
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loginHeaders, pinning } from './servers.mjs';

const run = promisify(execFile);
const generatorCore = 1;
export const serverCore = 0;

const wrk = find('wrk');
export const generator = wrk ? 'wrk' : 'autocannon';

function find(command) {
  try {
    return execFileSync('which', [command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** Asks as fast as 50 connections can, from a core of its own where `core` is not null. Answers requests per second and how many answers had another status than `status`. */
export async function hammer(
  url,
  { cookie = '', authorization = '', seconds, status = 200, connections = 50, core = generatorCore },
) {
  const headers = Object.entries({ Cookie: cookie, Authorization: authorization })
    .filter(([, value]) => value)
    .flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const whole = Math.max(1, Math.round(seconds));
  const size = ['-c', String(connections), '-d'];
  const [file, ...args] = wrk
    ? [wrk, '-t1', ...size, `${whole}s`, '--latency', ...headers, url]
    : [process.execPath, autocannon(), ...size, String(whole), '--json', ...headers, url];
  const command = pinning && core !== null ? ['taskset', '-c', String(core), file, ...args] : [file, ...args];
  const { stdout } = await run(command[0], command.slice(1), { maxBuffer: 1 << 24 });
  return checked(url, status, wrk ? readWrk(stdout) : readAutocannon(JSON.parse(stdout)));
}

/** @throws when nothing was answered, an answer had another status than `status`, or a connection broke */
function checked(who, status, result) {
  const wrong = status < 400 ? result.failed : result.total - result.failed;
  if (!result.total || wrong || result.broken)
    throw new Error(`${who}: ${result.total} answers, ${wrong} wrong ones, ${result.broken} broken connections`);
  return result;
}

function autocannon() {
  return fileURLToPath(new URL('node_modules/autocannon/autocannon.js', import.meta.url));
}

function readWrk(text) {
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0);
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return {
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    total: number(/(\d+) requests in/),
    failed: number(/Non-2xx or 3xx responses: (\d+)/),
    broken: broken ? broken.slice(1).reduce((sum, part) => sum + Number(part), 0) : 0,
  };
}

function readAutocannon({ requests, non2xx, errors }) {
  return { perSecond: requests.average, total: requests.total, failed: non2xx, broken: errors };
}

/** Keeps `inFlight` requests going for `seconds`; answers how many came back, and with which statuses. */
export async function closedLoop(send, { inFlight, seconds }) {
  const until = performance.now() + seconds * 1000;
  const statuses = new Map();
  const begin = performance.now();
  const worker = async () => {
    while (performance.now() < until) {
      const status = await send();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const took = (performance.now() - begin) / 1000;
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  return { perSecond: total / took, total, statuses };
}

/** A sender of one request over kept-alive connections; resolves with the status, 0 = the connection broke. */
export function sender(url, { method = 'GET', headers = {}, body = '', sockets = 64 }) {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const options = {
    method,
    agent,
    headers: { ...headers, ...(body ? { 'Content-Length': Buffer.byteLength(body) } : {}) },
  };
  const send = () =>
    new Promise((resolve) => {
      const call = request(url, options, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      });
      call.on('error', () => resolve(0));
      call.end(body);
    });
  return Object.assign(send, { close: () => agent.destroy() });
}

/**
 * Logins from `inFlight` clients at once, wherever the machine has room. wrk costs a tenth of what Node does for it, and
 * who hashes on all cores loses what the load takes. @throws when an answer has another status than `status`
 */
export async function hammerLogins(running, secret, { inFlight, seconds, status }) {
  if (!wrk) return loopLogins(running, secret, { inFlight, seconds, status });
  const script = join(running.folder, 'login.lua');
  const headers = Object.entries(loginHeaders(running)).map(
    ([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`,
  );
  const body = JSON.stringify(running.form(secret));
  writeFileSync(script, ['wrk.method = "POST"', `wrk.body = ${quote(body)}`, ...headers].join('\n'));
  const size = ['-t1', '-c', String(inFlight), '-d', `${Math.max(1, Math.round(seconds))}s`, '--timeout', '30s'];
  const { stdout } = await run(wrk, [...size, '-s', script, running.url + running.paths.login]);
  return checked(running.name, status, readWrk(stdout));
}

/** As Lua reads it. */
const quote = (text) => ` [==[${text}]==] `;

async function loopLogins(running, secret, { inFlight, seconds, status }) {
  const send = loginSender(running, secret);
  const { perSecond, total, statuses } = await closedLoop(send, { inFlight, seconds });
  send.close();
  if (statuses.size !== 1 || !statuses.has(status))
    throw new Error(`${running.name}: logins answered ${JSON.stringify([...statuses])}`);
  return { perSecond, total };
}

/** Sends logins. */
export function loginSender(running, secret) {
  const headers = loginHeaders(running);
  return sender(running.url + running.paths.login, {
    method: 'POST',
    headers,
    body: JSON.stringify(running.form(secret)),
  });
}
