import { describe, expect, test } from '@jest/globals';
import { unlock } from '../../src/auth/lockout.js';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';
import { slowTest } from '../support/slow.js';

const path = '/api/login/logins/auth';
const right = { username: 'user', password: rightPassword };
const wrong = { username: 'user', password: 'wrong' };

describe('what happens while a login waits for its verification', () => {
  test('a change of the password: the old one lets nobody in any more', async () => {
    const gatehouse = await startTestGatehouse({ config: { password: { cost: 8, workers: 1 } } });
    const user = await gatehouse.addUser();
    const agents = Array.from({ length: 5 }, () => gatehouse.agent());
    const logins = agents.map((agent) => agent.post(path, right));
    await new Promise((resolve) => setTimeout(resolve, 30));
    gatehouse.clock.advance({ seconds: 1 });
    const changed = { passwordHash: 'another', passwordChangedAt: gatehouse.clock.now() };
    await gatehouse.services.stores.users.update(user.id, changed);
    await gatehouse.services.stores.sessions.deleteOfUser(user.id);
    await Promise.all(logins);
    for (const agent of agents) {
      expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: false });
    }
  });

  test('a lock: the right password behind the guesses that led to it does not open the account', async () => {
    const config = { http: { trustedProxies: ['127.0.0.1'] }, lockout: { attempts: 5 }, password: { workers: 1 } };
    const gatehouse = await startTestGatehouse({ config });
    await gatehouse.addUser();
    const from = (i: number) => ({ 'X-Forwarded-For': `192.0.2.${i}` });
    const guesses = Array.from({ length: 20 }, (_, i) => gatehouse.agent().post(path, wrong, from(i)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const last = gatehouse.agent().post(path, right, from(99));
    await Promise.all(guesses);
    expect(await last).toMatchObject({ status: 422, json: { errors: { username: ['User has been locked'] } } });
  });
});

describe('a lock that is lifted is lifted with all that led to it', () => {
  async function locked(how: 'by strangers' | 'on the own device') {
    const gatehouse = await startTestGatehouse({ config: { lockout: { attempts: 2 } } });
    await gatehouse.addUser();
    const agent = how === 'by strangers' ? gatehouse.agent() : await gatehouse.loggedIn();
    for (let i = 0; i < 2; i += 1) await agent.post(path, wrong);
    expect((await agent.post(path, right)).status).toBe(422);
    return { gatehouse, agent };
  }

  test.each(['by strangers', 'on the own device'] as const)('%s', async (how) => {
    const { gatehouse, agent } = await locked(how);
    const user = (await gatehouse.services.stores.users.findById(1))!;
    await unlock(gatehouse.services, user, 'command', { address: '', userAgent: '', requestId: '' });
    await agent.post(path, wrong);
    expect((await agent.post(path, right)).status).toBe(200);
  });
});

test('a concealed lock does not show itself to a browser either', async () => {
  const gatehouse = await startTestGatehouse({
    config: { accounts: { conceal: true }, lockout: { attempts: 1 }, redirects: { error: { whenLocked: '/locked' } } },
  });
  await gatehouse.addUser();
  await gatehouse.agent().post(path, wrong);
  const answer = await gatehouse.agent().post(path, right, { Accept: 'text/html' });
  expect(answer).toMatchObject({ status: 422, text: '{"errors":{"username":["Username or password is invalid."]}}' });
});

test('the cookie of a remembered login lives as long as the session can', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const answer = await gatehouse.agent().post(path, { ...right, remember: true });
  const expires = /fe_typo_user=.*expires=([^;]+)/.exec(answer.headers.getSetCookie().join('\n'))![1]!;
  const days = (new Date(expires).getTime() - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(89.9);
});

test('a header is looked at however many stand before it', async () => {
  const gatehouse = await startTestGatehouse();
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`X-${i}`, '1']));
  const answer = await gatehouse.agent().post(path, right, { ...many, Origin: 'https://evil.example' });
  expect(answer.status).toBe(403);
});

// (ASVS 14.2.2)
test('a guarded answer that could be cached is not', async () => {
  const gatehouse = await startTestGatehouse({
    routes: `login: { path: ${path}, methods: POST, handler: login }\np: { path: /p, handler: ping, middleware: [auth] }`,
  });
  await gatehouse.addUser();
  expect((await (await gatehouse.loggedIn()).get('/p')).headers.get('cache-control')).toBe('no-store');
});

slowTest('a client that hangs up is nobody’s mistake', async () => {
  const gatehouse = await startTestGatehouse({ config: { password: { cost: 8, workers: 1 } } });
  await gatehouse.addUser();
  const controller = new AbortController();
  const calls = Array.from({ length: 3 }, () =>
    gatehouse
      .agent()
      .call(path, { method: 'POST', body: right, signal: controller.signal })
      .catch(() => undefined),
  );
  setTimeout(() => controller.abort(), 30);
  await Promise.all(calls);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(gatehouse.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
