import { expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';

const path = '/api/login/logins/auth';
const wrong = { username: 'user', password: 'wrong' };
const right = { username: 'user', password: rightPassword };

// (ASVS 6.3.1)
test('of 200 parallel wrong logins exactly 50 reach the password check, the others are told to wait', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const answers = await Promise.all(Array.from({ length: 200 }, () => gatehouse.agent().post(path, wrong)));
  const answered = answers.filter(({ status }) => status === 422);
  const refused = answers.find(({ status }) => status === 429)!;
  expect([answered.length, answers.filter(({ status }) => status === 429).length]).toEqual([50, 150]);
  expect(refused.json).toEqual({ error: 'Too Many Attempts.', errors: { username: ['Too Many Attempts.'] } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500);
  expect(refused.headers.get('ratelimit-policy')).toBe('"login_logins-auth";q=50;w=600');
  expect(refused.headers.get('ratelimit')).toMatch(/^"login_logins-auth";r=0;t=\d+$/);
  expect((await gatehouse.agent().post(path, right)).status).toBe(429);
});

test('successes, missing fields, malformed bodies and cross-site requests are not counted', async () => {
  const gatehouse = await startTestGatehouse({
    routes: `auth: { path: ${path}, methods: POST, handler: login, middleware: ['throttle:2,10'] }`,
  });
  await gatehouse.addUser();
  const agent = gatehouse.agent();
  for (let i = 0; i < 3; i += 1) {
    expect((await agent.post(path, right)).status).toBe(200);
    expect((await agent.post(path, {})).status).toBe(422);
    expect((await agent.post(path, '{')).status).toBe(400);
    expect((await agent.post(path, wrong, { Origin: 'https://evil.example' })).status).toBe(403);
  }
  expect((await agent.post(path, wrong)).headers.get('ratelimit')).toMatch(/;r=1;/);
  expect((await agent.post(path, wrong)).status).toBe(422);
  expect((await agent.post(path, right)).status).toBe(429);
});

test('where nothing can fail every call counts', async () => {
  const gatehouse = await startTestGatehouse({
    routes: `p: { path: /p, handler: ping, middleware: ['throttle:2,10'] }`,
  });
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await gatehouse.agent().get('/p')).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test('a named bucket is shared by its routes, otherwise each route has its own', async () => {
  const gatehouse = await startTestGatehouse({
    routes: `
a: { path: /a, handler: ping, middleware: ['throttle:1,10,shared'] }
b: { path: /b, handler: ping, middleware: ['throttle:1,10,shared'] }
c: { path: /c, handler: ping, middleware: ['throttle:1,10'] }`,
  });
  expect((await gatehouse.agent().get('/a')).status).toBe(200);
  expect((await gatehouse.agent().get('/b')).status).toBe(429);
  expect((await gatehouse.agent().get('/c')).status).toBe(200);
});

test('the count is kept when the server restarts', async () => {
  const dataDir = temporaryFolder();
  const routes = `auth: { path: ${path}, methods: POST, handler: login, middleware: ['throttle:1,10'] }`;
  const first = await startTestGatehouse({ dataDir, routes });
  await first.addUser();
  expect((await first.agent().post(path, wrong)).status).toBe(422);
  await first.stop();
  const second = await startTestGatehouse({ dataDir, routes });
  expect((await second.agent().post(path, right)).status).toBe(429);
});

test('clients behind a trusted proxy are counted by their own address, and IPv6 by /64', async () => {
  const gatehouse = await startTestGatehouse({
    config: { http: { trustedProxies: ['127.0.0.1'] } },
    routes: `p: { path: /p, handler: ping, middleware: ['throttle:1,10'] }`,
  });
  const from = async (address: string): Promise<number> =>
    (await gatehouse.agent().get('/p', { 'X-Forwarded-For': address })).status;
  expect(await from('192.0.2.1')).toBe(200);
  expect(await from('192.0.2.2')).toBe(200);
  expect(await from('6.6.6.6, 192.0.2.1')).toBe(429);
  expect(await from('2001:db8::1')).toBe(200);
  expect(await from('2001:db8::ffff:2')).toBe(429);
});

test('a forwarded address from a peer that is not trusted is ignored, with one warning', async () => {
  const gatehouse = await startTestGatehouse({
    routes: `p: { path: /p, handler: ping, middleware: ['throttle:1,10'] }`,
  });
  expect((await gatehouse.agent().get('/p', { 'X-Forwarded-For': '192.0.2.1' })).status).toBe(200);
  expect((await gatehouse.agent().get('/p', { 'X-Forwarded-For': '192.0.2.2' })).status).toBe(429);
  expect(gatehouse.logged.filter(({ msg }) => String(msg).includes('trustedProxies'))).toHaveLength(1);
});

// (ASVS 2.3.2)
test('after fifty wrong passwords from many addresses the account is locked, and only the right password learns of it', async () => {
  const gatehouse = await startTestGatehouse({
    config: { http: { trustedProxies: ['127.0.0.1'] }, lockout: { attempts: 3 } },
  });
  await gatehouse.addUser();
  for (let i = 1; i <= 3; i += 1) await gatehouse.agent().post(path, wrong, { 'X-Forwarded-For': `192.0.2.${i}` });
  expect(await gatehouse.agent().post(path, wrong)).toMatchObject({
    status: 422,
    json: { errors: { password: ['Password is invalid'] } },
  });
  expect(await gatehouse.agent().post(path, right)).toMatchObject({
    status: 422,
    text: '{"errors":{"username":["User has been locked"]}}',
  });
  expect(gatehouse.eventsOf('lockout')).toHaveLength(1);
  gatehouse.clock.advance({ minutes: 10 });
  expect((await gatehouse.agent().post(path, right)).status).toBe(200);
});

test('strangers cannot lock out a device that logged in before', async () => {
  const gatehouse = await startTestGatehouse({ config: { lockout: { attempts: 3 } } });
  await gatehouse.addUser();
  const owner = await gatehouse.loggedIn();
  for (let i = 0; i < 10; i += 1) await gatehouse.agent().post(path, wrong);
  expect((await gatehouse.agent().post(path, right)).status).toBe(422);
  expect((await owner.post(path, right)).status).toBe(200);
});
