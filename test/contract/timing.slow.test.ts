import { expect, test } from '@jest/globals';
import type { Agent } from '../support/agent.js';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';
import { mannWhitney } from '../support/mann-whitney.js';
import { withRegistration } from '../support/shipped.js';

const samples = 200;
const warmUp = 20;
/** Below it a difference is called one. Measured twice before it counts, so chance alone fails once in a million runs. */
const significance = 0.001;

/** A request for somebody who is known or not; each comes from an address of its own, so that no throttle steps in. */
type Ask = (agent: Agent, known: boolean, headers: Record<string, string>) => Promise<{ status: number; text: string }>;

let strangers = 0;

const cases: Record<string, Ask> = {
  'POST /api/login/logins/auth': (agent, known, headers) =>
    agent.post('/api/login/logins/auth', { username: known ? 'user' : 'nobo', password: 'wrong' }, headers),
  'POST /api/login/reset-password-link': (agent, known, headers) =>
    agent.post('/api/login/reset-password-link', { email: known ? 'user@example.com' : 'nobo@example.com' }, headers),
  'POST /api/login/magic-link': (agent, known, headers) =>
    agent.post('/api/login/magic-link', { email: known ? 'user@example.com' : 'nobo@example.com' }, headers),
  'POST /api/login/register': (agent, known, headers) => {
    const names = known ? { username: 'user', email: 'user@example.com' } : stranger();
    const password = { password: rightPassword, passwordConfirmation: rightPassword };
    return agent.post('/api/login/register', { ...names, ...password }, headers);
  },
};

function stranger() {
  strangers += 1;
  return { username: `nobo${strangers}`, email: `nobo${strangers}@example.com` };
}

async function start(conceal: boolean) {
  const gatehouse = await startTestGatehouse({
    routes: withRegistration,
    config: {
      accounts: { conceal },
      lockout: { attempts: 1_000_000 },
      http: { trustedProxies: ['127.0.0.1', '::1'] },
      mail: { login: false },
    },
  });
  await gatehouse.addUser();
  return gatehouse;
}

/** Known and unknown in turn, in random order within each pair: what disturbs the machine disturbs both alike. */
async function measure(agent: Agent, ask: Ask): Promise<{ known: number[]; unknown: number[]; answers: Set<string> }> {
  const times = { known: [] as number[], unknown: [] as number[] };
  const answers = new Set<string>();
  for (let i = 0; i < samples + warmUp; i += 1) {
    for (const known of Math.random() < 0.5 ? [true, false] : [false, true]) {
      const headers = { 'X-Forwarded-For': `10.${i >> 8}.${i & 255}.${known ? 1 : 2}` };
      const begin = performance.now();
      const { status, text } = await ask(agent, known, headers);
      const took = performance.now() - begin;
      if (i >= warmUp) times[known ? 'known' : 'unknown'].push(took);
      answers.add(`${status} ${text}`);
    }
  }
  return { ...times, answers };
}

async function differs(agent: Agent, ask: Ask): Promise<boolean> {
  const { known, unknown } = await measure(agent, ask);
  return mannWhitney(known, unknown) < significance;
}

test.each(Object.entries(cases))(
  'concealed, neither the answer nor the time of %s tells who is known',
  async (_path, ask) => {
    const agent = (await start(true)).agent();
    const { known, unknown, answers } = await measure(agent, ask);
    expect([...answers]).toHaveLength(1);
    const suspicious = mannWhitney(known, unknown) < significance;
    expect(suspicious && (await differs(agent, ask))).toBe(false);
  },
  120_000,
);

test('not concealed, the time of a login does not tell who is known either', async () => {
  const agent = (await start(false)).agent();
  const ask = cases['POST /api/login/logins/auth']!;
  expect((await differs(agent, ask)) && (await differs(agent, ask))).toBe(false);
}, 120_000);

test('the measurement would notice: not concealed, a reset link that is mailed takes longer than one that is not', async () => {
  const agent = (await start(false)).agent();
  expect(await differs(agent, cases['POST /api/login/reset-password-link']!)).toBe(true);
}, 120_000);
