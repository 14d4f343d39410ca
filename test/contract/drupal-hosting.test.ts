import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rightPassword, startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { logInAs, refusal } from '../support/drupal.js';

const app = 'https://app.example';
const config = { cors: { origins: [app], credentials: true }, session: { cookie: { sameSite: 'none' } } };
const env = { PUBLIC_URL: 'https://login.example' };

test('an app on another site logs in: its preflight is answered, the cookie is SameSite=None and Secure', async () => {
  const gatehouse = await startTestGatehouse({ config, env });
  await gatehouse.addUser();
  const agent = gatehouse.agent({ Origin: app, 'Sec-Fetch-Site': 'cross-site' });
  const preflight = await agent.call('/user/login?_format=json', {
    method: 'OPTIONS',
    headers: { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type,x-csrf-token' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(app);
  expect(preflight.headers.get('access-control-allow-credentials')).toBe('true');
  expect(preflight.headers.get('access-control-allow-methods')).toMatch(/PATCH/);
  expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type,x-csrf-token');
  const answer = await agent.post('/user/login?_format=json', { name: 'user', pass: rightPassword });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(app);
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/X-CSRF-Token/);
  expect(answer.headers.get('vary')).toMatch(/Origin/);
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('fe_typo_user='));
  expect(cookie).toMatch(/; samesite=none/i);
  expect(cookie).toMatch(/; secure/i);
  expect(cookie).toMatch(/; httponly/i);
});

test('refusals are readable by the listed origin, other origins are named nowhere', async () => {
  const gatehouse = await startTestGatehouse({ config, env });
  const refused = await gatehouse.agent({ Origin: app }).post('/user/login', {});
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, app]);
  for (const origin of ['https://evil.example', 'https://app.example.evil', 'null', `${app}:8443`]) {
    const answer = await gatehouse.agent({ Origin: origin }).get('/session/token');
    expect([origin, answer.headers.get('access-control-allow-origin')]).toEqual([origin, null]);
  }
});

test('the token is wanted of a listed app too', async () => {
  const gatehouse = await startTestGatehouse({ config, env });
  const { id } = await gatehouse.addUser();
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  const patch = (headers: Record<string, string>) =>
    agent.call(`/user/${id}`, { method: 'PATCH', body: { timezone: ['UTC'] }, headers: { Origin: app, ...headers } });
  expect(refusal(await patch({}))).toEqual([403, 'X-CSRF-Token request header is missing']);
  expect((await patch({ 'X-CSRF-Token': csrfToken })).status).toBe(200);
});

test('SameSite=None without https is refused before anything listens', () => {
  const file = join(temporaryFolder(), 'config.yaml');
  writeFileSync(file, JSON.stringify(config));
  const started = spawnSync(process.execPath, ['dist/main.js', 'check'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production', PUBLIC_URL: 'http://login.example', CONFIG_FILE: file },
  });
  expect(started.status).toBe(78);
  expect(started.stderr).toContain('session.cookie.sameSite');
});
