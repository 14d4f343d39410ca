/**
 * A table that is kept live, in a process of its own: jest remembers the text of every module it has imported, Node's
 * own loader does not. Reads one command per line, answers one line.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'koa';
import { pino } from 'pino';
import type { Services } from '../../src/auth/services.js';
import { loadSettings } from '../../src/config/load.js';
import { createLiveRoutes } from '../../src/routes/live.js';
import { noBody, smallVocabulary as vocabulary } from '../support/vocabulary.js';

const cwd = process.env['FOLDER']!;
const settings = loadSettings({ env: { NODE_ENV: 'test', ROUTES_FILE: 'routes.yaml' }, cwd });
settings.routes.settleMs = 30;
const services = { settings, log: pino({ level: 'silent' }), clock: { now: () => 0 } } as Services;
const live = await createLiveRoutes({ vocabulary, services, readBody: noBody, cwd }).catch(() => {
  // nothing may keep the process alive after a failed start
  process.exitCode = 1;
  return undefined!;
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !condition(); i++) await sleep(10);
}

const commands: Record<string, (argument: never) => Promise<unknown>> = {
  reloads: async (count: number) => {
    await until(() => live.state().reloads === count);
    return live.state().reloads;
  },
  problem: async () => {
    await until(() => live.problem() !== undefined);
    return live.problem();
  },
  body: async (path: string) => {
    const match = live.table().match('GET', path, { host: '', scheme: 'http' });
    if (match.kind !== 'found') return match.kind;
    const ctx = { params: match.params, state: {} } as unknown as Context;
    await match.route.run(ctx);
    return ctx.body;
  },
  pauses: async (routes: number) => {
    const pauses = await pausesDuring(() => live.reload());
    return live.table().routes.length === routes ? pauses.slice(-5) : [];
  },
};

/** CPU milliseconds between two turns of the event loop, sorted: other programs of the machine do not count. */
async function pausesDuring(work: () => Promise<void>): Promise<number[]> {
  const pauses: number[] = [];
  let last = cpuOfThisThread();
  let isOver = false;
  const turn = (): void => {
    const now = cpuOfThisThread();
    pauses.push(now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  return pauses.sort((a, b) => a - b);
}

/** In milliseconds; elsewhere than on Linux that of the whole process, the collector's threads and all. */
function cpuOfThisThread(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { name, argument } = JSON.parse(line) as { name: string; argument: never };
  process.stdout.write(`${JSON.stringify((await commands[name]!(argument)) ?? null)}\n`);
}
await live?.close();
