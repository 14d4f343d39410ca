import { expect, test } from '@jest/globals';
import { verifyAudit } from '../../src/auth/audit.js';
import type { FrozenClock } from '../support/clock.js';
import { linkIn, logInAs } from '../support/drupal.js';
import { rightPassword, startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';
import { mailedToken } from '../support/links.js';
import { readMails } from '../support/mails.js';

const old = 'old-0123456789abcdefghijklmnopqrstuvwxyz';
const fresh = 'new-0123456789abcdefghijklmnopqrstuvwxyz';
const authenticated = '/api/login/users/authenticated';

/** One more process over the same data, with its own list of secrets. */
function processWith(secrets: string, dataDir: string, clock?: FrozenClock): Promise<TestGatehouse> {
  return startTestGatehouse({ dataDir, env: { GATEHOUSE_SECRET: secrets }, ...(clock && { clock }) });
}

const sessionOf = (cookies: Map<string, string>): string => cookies.get('fe_typo_user')!;

test('with the new secret in front and the old behind it, all that was made before goes on', async () => {
  const dataDir = temporaryFolder();
  const before = await processWith(old, dataDir);
  await before.addUser();
  // any login ends the one-time links of its user
  for (const username of ['ann', 'bob']) await before.addUser({ username, email: `${username}@example.com` });
  const agent = await before.loggedIn();
  const { agent: other, csrfToken, logoutToken } = await logInAs(before, 'user');
  await before.agent().post('/api/login/reset-password-link', { email: 'ann@example.com' });
  const reset = await mailedToken(before, '/login/reset-password');
  await before.agent().post('/api/login/magic-link', { email: 'bob@example.com' });
  const magic = await mailedToken(before, '/login/magic-link');
  await before.agent().post('/user/password?_format=json', { name: 'user' });
  await before.worker.runDue();
  const texts = (await readMails(before)).map(({ text }) => text ?? '');
  const oneTime = linkIn(texts.find((text) => text.includes('/user/reset/'))!);
  await before.stop();

  const after = await processWith(`${fresh},${old}`, dataDir, before.clock);
  expect(await after.agent().post(oneTime, undefined)).toMatchObject({ status: 200 });
  const later = after.agent();
  for (const [name, value] of agent.cookies) later.cookies.set(name, value);
  expect((await later.get(authenticated)).json).toEqual({ authenticated: true });
  const drupal = after.agent();
  for (const [name, value] of other.cookies) drupal.cookies.set(name, value);
  expect((await drupal.get('/user/1?_format=json', { 'X-CSRF-Token': csrfToken })).status).toBe(200);
  expect((await drupal.post(`/user/logout?_format=json&token=${logoutToken}`, '')).status).toBe(204);
  expect((await after.agent().post('/api/login/magic-link/login', { token: magic })).status).toBe(200);
  expect((await verifyAudit(after.services)).broken).toBeUndefined();
  const password = 'another horse battery';
  const answer = await after
    .agent()
    .post('/api/login/reset-password', { token: reset, password, passwordConfirmation: password });
  expect(answer.status).toBe(200);
});

test('when the old secret is taken away nobody is logged out', async () => {
  const dataDir = temporaryFolder();
  const before = await processWith(old, dataDir);
  await before.addUser();
  const agent = await before.loggedIn();
  await before.stop();
  const after = await processWith(fresh, dataDir, before.clock);
  const later = after.agent();
  for (const [name, value] of agent.cookies) later.cookies.set(name, value);
  expect((await later.get(authenticated)).json).toEqual({ authenticated: true });
  const changed = {
    currentPassword: rightPassword,
    password: 'another horse battery',
    passwordConfirmation: 'another horse battery',
  };
  expect((await later.post('/api/login/change-password', changed)).status).toBe(200);
  expect((await later.get('/api/login/logins/logout')).status).toBe(200);
});

test('during a rolling change processes with different lists take each other’s sessions, links and mails', async () => {
  const dataDir = temporaryFolder();
  // first everybody learns the new one, then it signs
  const first = await processWith(`${old},${fresh}`, dataDir);
  const second = await processWith(`${fresh},${old}`, dataDir, first.clock);
  await first.addUser();
  for (const [here, there] of [
    [first, second],
    [second, first],
  ] as const) {
    const agent = await here.loggedIn();
    const elsewhere = there.agent({ Cookie: `fe_typo_user=${sessionOf(agent.cookies)}` });
    expect((await elsewhere.get(authenticated)).json).toEqual({ authenticated: true });
    await here.agent().post('/user/password?_format=json', { name: 'user' });
    await here.agent().post('/api/login/magic-link', { email: 'user@example.com' });
    const token = await mailedToken(here, '/login/magic-link');
    expect((await there.agent().post('/api/login/magic-link/login', { token })).status).toBe(200);
  }
  for (const one of [first, second]) expect((await verifyAudit(one.services)).broken).toBeUndefined();
});
