/**
 * Resident memory of an idle server, and heap per 10,000 live sessions, each logged in and checked once. Counted from a
 * server that is warm, or the code that is compiled meanwhile would be taken for sessions.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { logIn, start } from './servers.mjs';

const probe = fileURLToPath(new URL('probe.mjs', import.meta.url));

export async function measureMemory(names, { sessions, settle, tell }) {
  const result = {};
  for (const name of names) {
    tell(`memory: ${name}`);
    result[name] = { idle: await idle(name, settle), ...(await perSessions(name, sessions)) };
  }
  return result;
}

/** @param settle seconds after its first answer */
async function idle(name, settle) {
  const one = await start(name);
  await sleep(settle * 1000);
  const megabytes = one.memory();
  await one.stop();
  return megabytes;
}

/** better-auth hashes with scrypt, which nobody can make cheap: fewer sessions, scaled. */
async function perSessions(name, sessions) {
  const count = name === 'better-auth' ? Math.min(200, sessions) : sessions;
  const node = ['--expose-gc', '--import', probe];
  const settings = { mail: { login: false } };
  const one = await start(name, { cost: 4, node, settings });
  try {
    await openSessions(one, Math.min(1000, count));
    const before = await heapOf(one);
    await openSessions(one, count);
    return { sessions: count, per10000: ((await heapOf(one)) - before) * (10_000 / count) };
  } finally {
    await one.stop();
  }
}

async function openSessions(one, count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const cookie = await logIn(one);
      const answer = await fetch(one.url + one.paths.check, { headers: { Cookie: cookie } });
      if (!one.says.check(await answer.text())) throw new Error(`${one.name}: a new session is not one`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** MB after collecting garbage, JavaScript's and what hangs on it. */
async function heapOf({ pid, folder }) {
  const file = join(folder, 'heap.json');
  process.kill(pid, 'SIGUSR2');
  for (let tries = 0; tries < 200; tries += 1) {
    await sleep(50);
    const found = read(file);
    rmSync(file, { force: true });
    if (found) return (found.heapUsed + found.external) / 1e6;
  }
  throw new Error('the probe did not answer');
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
