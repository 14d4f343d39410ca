import { describe, expect, test } from '@jest/globals';
import type { Agent } from '../support/agent.js';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { changed, mailedToken } from '../support/links.js';
import { readMails } from '../support/mails.js';

const better = 'a new and better secret';
const login = '/api/login/logins/auth';
const current = '/api/login/users/current';

async function start(config = {}): Promise<{ gatehouse: TestGatehouse; agent: Agent }> {
  const gatehouse = await startTestGatehouse({ config: { mail: { login: false }, ...config } });
  await gatehouse.addUser();
  return { gatehouse, agent: await gatehouse.loggedIn() };
}

const isLoggedIn = async (agent: Agent) => (await agent.get(current)).status === 200;

describe('POST /api/login/change-password', () => {
  const path = '/api/login/change-password';
  const change = { currentPassword: rightPassword, password: better, passwordConfirmation: better };

  // (ASVS 6.2.2, 6.5.6, 7.4.3)
  test('the new password counts, this session goes on under a new id, the others and all links end', async () => {
    const { gatehouse, agent } = await start();
    const other = await gatehouse.loggedIn();
    const former = agent.cookies.get('fe_typo_user')!;
    await agent.post('/api/login/magic-link', { email: 'user@example.com' });
    const magic = await mailedToken(gatehouse, '/login/magic-link');
    const answer = await agent.post(path, change);
    expect(answer).toMatchObject({ status: 200, json: { done: true } });
    expect(answer.headers.get('x-csrf-token')).toMatch(/^[\w-]{43}$/);
    expect(await isLoggedIn(agent)).toBe(true);
    expect(await isLoggedIn(other)).toBe(false);
    expect(await isLoggedIn(gatehouse.agent({ Cookie: `fe_typo_user=${former}` }))).toBe(false);
    expect((await gatehouse.agent().post('/api/login/magic-link/login', { token: magic })).status).toBe(422);
    expect((await gatehouse.agent().post(login, { username: 'user', password: rightPassword })).status).toBe(422);
    expect((await gatehouse.agent().post(login, { username: 'user', password: better })).status).toBe(200);
    expect(gatehouse.eventsOf('passwordChanged')).toMatchObject([{ by: 'change', username: 'user' }]);
    expect((await readMails(gatehouse)).at(-1)!.subject).toBe('Security Notice: Password has been changed');
  });

  // (ASVS 6.2.3)
  test('is refused by field, all failing ones at once', async () => {
    const { agent } = await start();
    const required = ['This field is required.'];
    expect((await agent.post(path, {})).json).toEqual({
      errors: { currentPassword: required, password: required, passwordConfirmation: required },
    });
    expect((await agent.post(path, { ...change, currentPassword: 'wrong' })).json).toEqual({
      errors: { currentPassword: ['Password is invalid'] },
    });
    expect((await agent.post(path, { ...change, password: 'short', passwordConfirmation: 'other' })).json).toEqual({
      errors: {
        password: ['This field must have at least 8 characters.'],
        passwordConfirmation: ['Confirmation password does not match'],
      },
    });
    expect(await isLoggedIn(agent)).toBe(true);
  });

  test('of two changes at once one counts', async () => {
    const { gatehouse, agent } = await start();
    const cookie = { Cookie: `fe_typo_user=${agent.cookies.get('fe_typo_user')}` };
    const passwords = ['first of the passwords', 'second of the passwords'];
    const answers = await Promise.all(
      passwords.map((password) =>
        gatehouse.agent(cookie).post(path, { ...change, password, passwordConfirmation: password }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const winner = passwords[answers.findIndex(({ status }) => status === 200)]!;
    expect((await gatehouse.agent().post(login, { username: 'user', password: winner })).status).toBe(200);
  });

  test('guesses at the current password are limited like those at the login', async () => {
    const { gatehouse, agent } = await start({ lockout: { attempts: 4 } });
    for (let i = 0; i < 4; i += 1) await agent.post(path, { ...change, currentPassword: `guess ${i}` });
    expect((await agent.post(path, change)).json).toEqual({ errors: { currentPassword: ['User has been locked'] } });
    for (let i = 0; i < 5; i += 1) await agent.post(path, { ...change, currentPassword: `guess ${i}` });
    expect((await agent.post(path, change)).status).toBe(429);
    const failed = gatehouse.eventsOf('loginFailed');
    expect(failed[0]).toMatchObject({ factor: 're-authentication', username: 'user' });
  });

  test('is for the logged-in user alone', async () => {
    const { gatehouse, agent } = await start();
    expect((await gatehouse.agent().post(path, change)).status).toBe(401);
    expect((await agent.post(path, change, { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await agent.post(path, change, { 'X-CSRF-Token': 'x' })).status).toBe(401);
  });
});

describe('POST /api/login/change-email', () => {
  const path = '/api/login/change-email';
  const confirm = '/api/login/change-email/confirm';
  const page = '/login/change-email';
  const change = { email: 'new@example.com', currentPassword: rightPassword };

  test('nothing changes before the link at the new address is confirmed; the old one is told', async () => {
    const { gatehouse, agent } = await start();
    expect(await agent.post(path, change)).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000' } });
    expect((await agent.get(current)).json).toMatchObject([{ email: 'user@example.com' }]);
    const [asked] = await readMails(gatehouse);
    expect(asked).toMatchObject({
      subject: 'Please confirm your new e-mail address',
      to: [{ address: 'new@example.com' }],
    });
    const token = await mailedToken(gatehouse, page);
    const opened = await gatehouse.agent().get(`${page}?token=${token}`, { Accept: 'text/html' });
    expect(opened.text).toContain(`action="${confirm}`);
    expect((await gatehouse.agent().post(confirm, { token })).status).toBe(200);
    expect((await agent.get(current)).json).toMatchObject([{ email: 'new@example.com' }]);
    const notice = (await readMails(gatehouse)).at(-1)!;
    expect(notice).toMatchObject({
      subject: 'Security Notice: E-mail address has been changed',
      to: [{ address: 'user@example.com' }],
    });
    expect(notice.text).toContain('new@example.com');
    expect(gatehouse.eventsOf('emailChanged')).toMatchObject([{ from: 'user@example.com', to: 'new@example.com' }]);
  });

  test('of parallel confirmations one wins; a changed, used or old token does nothing', async () => {
    const { gatehouse, agent } = await start();
    await agent.post(path, change);
    const token = await mailedToken(gatehouse, page);
    expect((await gatehouse.agent().post(confirm, { token: changed(token) })).status).toBe(422);
    const answers = await Promise.all(Array.from({ length: 5 }, () => gatehouse.agent().post(confirm, { token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await agent.post(path, { ...change, email: 'third@example.com' });
    const second = await mailedToken(gatehouse, page);
    gatehouse.clock.advance({ hours: 24 });
    expect((await gatehouse.agent().post(confirm, { token: second })).json).toEqual({
      errors: { token: ['Token expired'] },
    });
  });

  test('links that were mailed to the old address end with it', async () => {
    const { gatehouse, agent } = await start();
    await agent.post(path, change);
    await agent.post('/api/login/reset-password-link', { email: 'user@example.com' });
    const reset = await mailedToken(gatehouse, '/login/reset-password');
    await gatehouse.agent().post(confirm, { token: await mailedToken(gatehouse, page) });
    const body = { token: reset, password: better, passwordConfirmation: better };
    expect((await gatehouse.agent().post('/api/login/reset-password', body)).json).toEqual({
      errors: { token: ['Token does not exist'] },
    });
  });

  test('an address that somebody has is refused, also when they got it meanwhile', async () => {
    const { gatehouse, agent } = await start();
    const taken = { errors: { email: ['This value is already taken.'] } };
    await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
    expect((await agent.post(path, { ...change, email: 'OTHER@example.com' })).json).toEqual(taken);
    await agent.post(path, change);
    await gatehouse.addUser({ username: 'third', email: 'new@example.com' });
    const token = await mailedToken(gatehouse, page);
    expect((await gatehouse.agent().post(confirm, { token })).json).toEqual(taken);
    expect((await agent.post(path, { ...change, email: 'User@Example.com' })).status).toBe(200);
  });

  test('concealed, a taken address is answered like any other and its owner is told', async () => {
    const { gatehouse, agent } = await start({ accounts: { conceal: true } });
    await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
    expect((await agent.post(path, { ...change, email: 'other@example.com' })).status).toBe(200);
    expect(await readMails(gatehouse)).toMatchObject([
      { subject: 'You already have an account', to: [{ address: 'other@example.com' }] },
    ]);
  });

  test.each(['x', 'a@b@c', 'a b@example.com', 'new@example.com\r\nBcc: all@example.com', 'a,b@example.com', '@', 'a@'])(
    'an address that is none is refused: %j',
    async (email) => {
      const { gatehouse, agent } = await start();
      expect((await agent.post(path, { ...change, email })).json).toEqual({
        errors: { email: ['This field must be a valid email address.'] },
      });
      expect(await readMails(gatehouse)).toEqual([]);
    },
  );

  // (ASVS 7.5.1)
  test('without the current password nothing is mailed', async () => {
    const { gatehouse, agent } = await start();
    expect((await agent.post(path, { ...change, currentPassword: 'wrong' })).json).toEqual({
      errors: { currentPassword: ['Password is invalid'] },
    });
    expect(await readMails(gatehouse)).toEqual([]);
  });
});

describe('own sessions', () => {
  const path = '/api/login/sessions';

  test('are listed with device, address and times, and which one is this', async () => {
    const { gatehouse, agent } = await start();
    gatehouse.clock.advance({ minutes: 5 });
    const phone = gatehouse.agent({
      'User-Agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1',
    });
    await phone.post(login, { username: 'user', password: rightPassword, remember: true });
    const seconds = gatehouse.clock.now() / 1000;
    const answer = await agent.get(path);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const [first, second] = answer.json as Record<string, unknown>[];
    expect([first, second]).toEqual(
      expect.arrayContaining([
        {
          id: expect.stringMatching(/^[\w-]{22}$/),
          current: false,
          device: 'Safari, iPhone',
          address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
          createdAt: seconds,
          lastSeenAt: seconds,
          expiresAt: seconds + 30 * 86_400,
          remember: true,
          simulated: false,
        },
        expect.objectContaining({ current: true, createdAt: seconds - 300, lastSeenAt: seconds, remember: false }),
      ]),
    );
    expect(answer.text).not.toContain(agent.cookies.get('fe_typo_user'));
  });

  // (ASVS 7.5.2)
  test.each(['DELETE', 'POST'])('one is ended by its id, at once (%s)', async (method) => {
    const { gatehouse, agent } = await start();
    const other = await gatehouse.loggedIn();
    const list = (await agent.get(path)).json as { id: string; current: boolean }[];
    const { id } = list.find(({ current }) => !current)!;
    expect(await agent.call(`${path}/${id}`, { method })).toMatchObject({ status: 200, json: { terminated: 1 } });
    expect(await isLoggedIn(other)).toBe(false);
    expect(await isLoggedIn(agent)).toBe(true);
    expect((await agent.call(`${path}/${id}`, { method })).json).toEqual({ terminated: 0 });
    expect(gatehouse.eventsOf('sessionEnded')).toMatchObject([{ by: 'user', username: 'user' }]);
  });

  // (ASVS 8.2.2)
  test('of somebody else cannot be ended', async () => {
    const { gatehouse, agent } = await start();
    await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
    const other = await gatehouse.loggedIn('other');
    const [{ id }] = (await other.get(path)).json as [{ id: string }];
    expect((await agent.call(`${path}/${id}`, { method: 'DELETE' })).json).toEqual({ terminated: 0 });
    expect(await isLoggedIn(other)).toBe(true);
  });

  test('all others are ended together', async () => {
    const { gatehouse, agent } = await start();
    const others = await Promise.all([1, 2, 3].map(() => gatehouse.loggedIn()));
    expect((await agent.call(`${path}/others`, { method: 'DELETE' })).json).toEqual({ terminated: 3 });
    for (const other of others) expect(await isLoggedIn(other)).toBe(false);
    expect(await isLoggedIn(agent)).toBe(true);
  });

  // (ASVS 7.2.4)
  test('ending asks for a fresh login or the password again, which gives the session a new id', async () => {
    const { gatehouse, agent } = await start();
    const other = await gatehouse.loggedIn();
    const end = () => agent.call(`${path}/others`, { method: 'DELETE' });
    gatehouse.clock.advance({ minutes: 15 });
    expect(await end()).toMatchObject({ status: 403, json: { error: 'Please confirm your password first.' } });
    expect(await isLoggedIn(other)).toBe(true);
    const confirm = '/api/login/confirm-password';
    expect((await agent.post(confirm, { password: 'wrong' })).json).toEqual({
      errors: { password: ['Password is invalid'] },
    });
    expect((await end()).status).toBe(403);
    const former = agent.cookies.get('fe_typo_user')!;
    expect((await agent.post(confirm, { password: rightPassword })).json).toEqual({ authenticated: true });
    expect(await isLoggedIn(gatehouse.agent({ Cookie: `fe_typo_user=${former}` }))).toBe(false);
    expect((await end()).json).toEqual({ terminated: 1 });
    expect(gatehouse.eventsOf('reauthenticated')).toMatchObject([{ username: 'user' }]);
  });

  test('are for who is logged in', async () => {
    const { gatehouse, agent } = await start();
    expect((await gatehouse.agent().get(path)).status).toBe(401);
    const forged = await agent.call(`${path}/others`, { method: 'POST', headers: { Origin: 'https://evil.example' } });
    expect(forged.status).toBe(403);
  });
});

test('sessions of a user who is disabled, not yet started or past their end are over with the next request', async () => {
  for (const patch of [{ disabled: true }, { starttime: 4_000_000_000 }, { endtime: 1 }]) {
    const { gatehouse, agent } = await start();
    await gatehouse.services.stores.users.update(1, patch);
    expect(await isLoggedIn(agent)).toBe(false);
  }
});
