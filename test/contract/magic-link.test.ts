import { describe, expect, test } from '@jest/globals';
import { startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { changed, mailedToken } from '../support/links.js';
import { readMails } from '../support/mails.js';

const ask = '/api/login/magic-link';
const redeem = '/api/login/magic-link/login';
const page = '/login/magic-link';
const html = { Accept: 'text/html,application/xhtml+xml' };
const unknown = { status: 422, json: { errors: { token: ['Token does not exist'] } } };
const expired = { status: 422, json: { errors: { token: ['Token expired'] } } };

async function start(config = {}): Promise<TestGatehouse> {
  const gatehouse = await startTestGatehouse({ config: { mail: { login: false }, ...config } });
  await gatehouse.addUser();
  return gatehouse;
}

async function tokenFor(gatehouse: TestGatehouse, email = 'user@example.com', agent = gatehouse.agent()) {
  expect((await agent.post(ask, { email })).status).toBe(200);
  return mailedToken(gatehouse, page);
}

describe('POST /api/login/magic-link', () => {
  test('a known address gets a mail whose first link opens the page, and the answer moves on', async () => {
    const gatehouse = await start({ redirects: { afterMagicLinkNotificationSent: '/sent' } });
    const answer = await gatehouse.agent().post(ask, { email: 'USER@example.com' });
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000/sent' } });
    const [mail] = await readMails(gatehouse);
    expect(mail).toMatchObject({ subject: 'Sign in via magic link', to: [{ address: 'user@example.com' }] });
    expect(/https?:\/\/\S+/.exec(mail!.text!)![0]).toMatch(
      /^http:\/\/localhost:3000\/login\/magic-link\?token=[\w-]{43}$/,
    );
  });

  test.each([
    ['an unknown one', 'nobody@example.com', {}],
    ['that of a disabled user', 'user@example.com', { disabled: true }],
    ['that of an expired user', 'user@example.com', { endtime: Date.parse('2026-11-20') / 1000 }],
  ])('an address that nobody can log in with, %s, is refused', async (_what, email, patch) => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser(patch);
    const text = '{"errors":{"email":["This email address is not connected to any user in our system."]}}';
    expect(await gatehouse.agent().post(ask, { email })).toMatchObject({ status: 422, text });
    expect(await readMails(gatehouse)).toEqual([]);
  });

  test.each([
    ['{}', 'This field is required.'],
    ['{"email":""}', 'This field is required.'],
    ['{"email":5}', 'This field must be a string.'],
  ])('the input %s is refused by field', async (body, text) => {
    const gatehouse = await startTestGatehouse();
    expect(await gatehouse.agent().post(ask, body)).toMatchObject({ status: 422, json: { errors: { email: [text] } } });
  });

  // (ASVS 6.5.2)
  test('the token stands nowhere but in the mail', async () => {
    const gatehouse = await start();
    const token = await tokenFor(gatehouse);
    const { links, outbox } = gatehouse.services.stores;
    expect(JSON.stringify(await links.list('magic'))).not.toContain(token);
    expect(await outbox.list({})).toMatchObject([{ state: 'sent', payload: '' }]);
    await gatehouse.agent().get(`${page}?token=${token}`, html);
    expect(JSON.stringify(gatehouse.logged)).not.toContain(token);
  });

  test('each name’s mailbox gets its own mail: look-alike letters and other normal forms are told apart or alike', async () => {
    const gatehouse = await start();
    const cyrillic = 'us\u0435r@example.com';
    expect((await gatehouse.agent().post(ask, { email: cyrillic })).status).toBe(422);
    expect((await gatehouse.agent().post(ask, { email: '\uFF35\uFF33\uFF25\uFF32@example.com' })).status).toBe(200);
    for (const odd of ['user@example.com\r\nBcc: x@example.org', `${'x'.repeat(10_000)}@example.com`, 'user']) {
      expect((await gatehouse.agent().post(ask, { email: odd })).status).toBe(422);
    }
    expect((await readMails(gatehouse)).map(({ to }) => to![0]!.address)).toEqual(['user@example.com']);
  });
});

describe('opening the link', () => {
  // (ASVS 7.6.2)
  test('consumes nothing, however often; the click logs in once', async () => {
    const gatehouse = await start();
    const token = await tokenFor(gatehouse);
    for (let i = 0; i < 3; i += 1) {
      const opened = await gatehouse.agent().get(`${page}?token=${token}`, html);
      expect(opened.status).toBe(200);
      expect(opened.text).toContain(`action="${redeem}`);
      expect(opened.headers.getSetCookie()).toEqual([]);
      expect((await gatehouse.agent().call(`${page}?token=${token}`, { method: 'HEAD' })).status).toBe(200);
    }
    const agent = gatehouse.agent();
    const answer = await agent.post(redeem, { token });
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000' } });
    expect(answer.headers.get('x-csrf-token')).toMatch(/^[\w-]{43}$/);
    expect((await agent.get('/api/login/users/current')).json).toMatchObject([{ username: 'user' }]);
    expect(await gatehouse.agent().post(redeem, { token })).toMatchObject(unknown);
    expect(gatehouse.eventsOf('login')).toMatchObject([{ factor: 'magic-link', username: 'user' }]);
  });

  test.each([
    ['unknown', 0, 'whenTokenNotFound', 'This link does not work'],
    ['expired', 361, 'whenTokenExpired', 'This link is too old'],
  ])('an %s one says so, or leads to where the operator wants', async (what, seconds, setting, title) => {
    for (const target of ['', '/dead-link']) {
      const gatehouse = await start({ redirects: { error: { [setting]: target } } });
      const token = await tokenFor(gatehouse);
      gatehouse.clock.advance({ seconds });
      const answer = await gatehouse.agent().get(`${page}?token=${what === 'unknown' ? changed(token) : token}`, html);
      if (target) expect(answer).toMatchObject({ status: 303 });
      if (target) expect(answer.headers.get('location')).toBe('http://localhost:3000/dead-link');
      else expect(answer.text).toContain(title);
    }
  });

  test('somebody who is logged in sees the page, or goes to redirects.alreadyAuthenticated', async () => {
    const gatehouse = await start();
    const agent = await gatehouse.loggedIn();
    const token = await tokenFor(gatehouse);
    expect((await agent.get(`${page}?token=${token}`, html)).status).toBe(200);
    const other = await start({ redirects: { alreadyAuthenticated: '/inside' } });
    const second = await other.loggedIn();
    const answer = await second.get(`${page}?token=${await tokenFor(other)}`, html);
    expect(answer.headers.get('location')).toBe('http://localhost:3000/inside');
  });

  test('whoever was logged in on that browser is not any more', async () => {
    const gatehouse = await start();
    await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
    const agent = await gatehouse.loggedIn('other');
    const former = agent.cookies.get('fe_typo_user')!;
    expect((await agent.post(redeem, { token: await tokenFor(gatehouse) })).status).toBe(200);
    expect((await agent.get('/api/login/users/current')).json).toMatchObject([{ username: 'user' }]);
    const replay = await gatehouse.agent({ Cookie: `fe_typo_user=${former}` }).get('/api/login/users/authenticated');
    expect(replay.json).toEqual({ authenticated: false });
  });
});

describe('POST /api/login/magic-link/login', () => {
  // (ASVS 6.5.1)
  test('of parallel redemptions one wins', async () => {
    const gatehouse = await start();
    const token = await tokenFor(gatehouse);
    const answers = await Promise.all(Array.from({ length: 20 }, () => gatehouse.agent().post(redeem, { token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expect(answer).toMatchObject(unknown);
    expect(await gatehouse.services.stores.sessions.count(gatehouse.clock.now())).toBe(1);
  });

  test('it lives six minutes and not a second longer', async () => {
    const gatehouse = await start();
    const token = await tokenFor(gatehouse);
    gatehouse.clock.advance({ minutes: 6, seconds: -1 });
    const early = await tokenFor(gatehouse);
    expect(await gatehouse.agent().post(redeem, { token })).toMatchObject(unknown);
    gatehouse.clock.advance({ minutes: 6 });
    expect(await gatehouse.agent().post(redeem, { token: early })).toMatchObject(expired);
    const last = await tokenFor(gatehouse);
    gatehouse.clock.advance({ minutes: 5, seconds: 59 });
    expect((await gatehouse.agent().post(redeem, { token: last })).status).toBe(200);
  });

  test('a changed, an older and a token of another purpose are none', async () => {
    const gatehouse = await start();
    const older = await tokenFor(gatehouse);
    const token = await tokenFor(gatehouse);
    await gatehouse.agent().post('/api/login/reset-password-link', { email: 'user@example.com' });
    const reset = await mailedToken(gatehouse, '/login/reset-password');
    for (const wrong of [changed(token), older, reset, '', ` ${token}`, `${token}=`]) {
      const answer = await gatehouse.agent().post(redeem, { token: wrong });
      expect(answer.status).toBe(422);
      if (wrong) expect(answer).toMatchObject(unknown);
    }
    expect((await gatehouse.agent().post(redeem, { token })).status).toBe(200);
  });

  test('a link logs in the one it was mailed to, nobody else', async () => {
    const gatehouse = await start();
    await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
    const mine = await tokenFor(gatehouse);
    const theirs = await tokenFor(gatehouse, 'other@example.com');
    const agent = gatehouse.agent();
    await agent.post(redeem, { token: theirs, username: 'user', userId: 1 });
    expect((await agent.get('/api/login/users/current')).json).toMatchObject([{ username: 'other' }]);
    expect((await gatehouse.agent().post(redeem, { token: mine })).status).toBe(200);
  });

  test('a user who was disabled meanwhile stays out', async () => {
    const gatehouse = await start();
    const token = await tokenFor(gatehouse);
    const [user] = await gatehouse.services.stores.users.list({});
    await gatehouse.services.stores.users.update(user!.id, { disabled: true });
    expect(await gatehouse.agent().post(redeem, { token })).toMatchObject(unknown);
  });

  test('a locked owner gets in: the lock holds off guesses at the password', async () => {
    const gatehouse = await start({ lockout: { attempts: 1 } });
    await gatehouse.agent().post('/api/login/logins/auth', { username: 'user', password: 'wrong' });
    expect((await gatehouse.agent().post(redeem, { token: await tokenFor(gatehouse) })).status).toBe(200);
  });

  test('a new password ends links that wait', async () => {
    const gatehouse = await start();
    const token = await tokenFor(gatehouse);
    await gatehouse.agent().post('/api/login/reset-password-link', { email: 'user@example.com' });
    const reset = await mailedToken(gatehouse, '/login/reset-password');
    const password = 'a new and better secret';
    await gatehouse
      .agent()
      .post('/api/login/reset-password', { token: reset, password, passwordConfirmation: password });
    expect(await gatehouse.agent().post(redeem, { token })).toMatchObject(unknown);
  });

  test('bound to the browser that asked it works there only, and is not used up elsewhere', async () => {
    const gatehouse = await start({ links: { bindMagicToBrowser: true } });
    const asker = gatehouse.agent();
    const token = await tokenFor(gatehouse, 'user@example.com', asker);
    const stranger = gatehouse.agent();
    expect((await stranger.get(`${page}?token=${token}`, html)).text).toContain('only in the browser');
    expect(await stranger.post(redeem, { token })).toMatchObject(unknown);
    await stranger.post(ask, { email: 'nobody@example.com' });
    expect(await stranger.post(redeem, { token })).toMatchObject(unknown);
    expect((await asker.get(`${page}?token=${token}`, html)).text).toContain(`action="${redeem}`);
    expect((await asker.post(redeem, { token })).status).toBe(200);
  });

  test('from another site it is refused', async () => {
    const gatehouse = await start();
    const token = await tokenFor(gatehouse);
    const answer = await gatehouse.agent().post(redeem, { token }, { Origin: 'https://evil.example' });
    expect(answer).toMatchObject({ status: 403, json: { error: 'Cross-site request refused.' } });
    expect((await gatehouse.agent().post(redeem, { token })).status).toBe(200);
  });

  // (ASVS 6.6.3)
  test('fifty guesses are the limit', async () => {
    const gatehouse = await start();
    const statuses = [];
    for (let i = 0; i < 51; i += 1)
      statuses.push((await gatehouse.agent().post(redeem, { token: `guess${i}` })).status);
    expect(statuses.slice(0, 50).every((status) => status === 422)).toBe(true);
    expect(statuses[50]).toBe(429);
  });
});
