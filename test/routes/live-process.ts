/**
 * A table that is kept live, in a process of its own: jest remembers the text of every module it has imported, Node's
 * own loader does not. Reads one command per line, answers one line.
 */
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
};

for await (const line of createInterface({ input: process.stdin })) {
  const { name, argument } = JSON.parse(line) as { name: string; argument: never };
  process.stdout.write(`${JSON.stringify((await commands[name]!(argument)) ?? null)}\n`);
}
await live?.close();
