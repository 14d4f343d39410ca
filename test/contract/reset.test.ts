import { describe, expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { mailedToken } from '../support/links.js';
import { readMails } from '../support/mails.js';

const ask = '/api/login/reset-password-link';
const reset = '/api/login/reset-password';
const fresh = 'a new and better secret';

/** A login's notice may be written later than the mail that was asked for after it. */
async function askForLink(gatehouse: TestGatehouse): Promise<string> {
  const answer = await gatehouse.agent().post(ask, { email: 'user@example.com' });
  expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000' } });
  return mailedToken(gatehouse, '/login/reset-password');
}

describe('asking for a link', () => {
  test('an unknown address gets the published text, no address or none at all is refused by field', async () => {
    const gatehouse = await startTestGatehouse();
    expect(await gatehouse.agent().post(ask, { email: 'dummy@example.com' })).toMatchObject({
      status: 422,
      text: '{"errors":{"email":["This email address is not connected to any user in our system."]}}',
    });
    expect((await gatehouse.agent().post(ask, {})).json).toEqual({ errors: { email: ['This field is required.'] } });
    expect((await gatehouse.agent().post(ask, { email: 1 })).json).toEqual({
      errors: { email: ['This field must be a string.'] },
    });
  });

  test('a known address gets one mail whose first link opens the page', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    await askForLink(gatehouse);
    const mails = await readMails(gatehouse);
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      subject: 'Security Notice: Reset Password request',
      to: [{ address: 'user@example.com' }],
    });
    expect(/https?:\/\/\S+/.exec(mails[0]!.text!)![0]).toMatch(
      /^http:\/\/localhost:3000\/login\/reset-password\?token=[\w-]{43}$/,
    );
    expect(mails[0]!.html).toMatch(/href="http:\/\/localhost:3000\/login\/reset-password\?token(=|&#x3D;)[\w-]{43}"/);
  });

  // (ASVS 2.4.1)
  test('every call counts for the throttle', async () => {
    const gatehouse = await startTestGatehouse({
      routes: `l: { path: ${ask}, methods: POST, handler: reset-password-link, middleware: ['throttle:2,10'] }`,
    });
    const statuses = [];
    for (let i = 0; i < 3; i += 1)
      statuses.push((await gatehouse.agent().post(ask, { email: 'x@example.com' })).status);
    expect(statuses).toEqual([422, 422, 429]);
  });
});

describe('setting the password', () => {
  // (ASVS 6.4.3)
  test('opening the page consumes nothing; the POST sets the password and ends all sessions', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const session = await gatehouse.loggedIn();
    const token = await askForLink(gatehouse);
    for (let i = 0; i < 2; i += 1)
      expect((await gatehouse.agent().get(`/login/reset-password?token=${token}`)).status).toBe(200);
    const answer = await gatehouse.agent().post(reset, { token, password: fresh, passwordConfirmation: fresh });
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000' } });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect((await session.get('/api/login/users/authenticated')).json).toEqual({ authenticated: false });
    const login = (password: string) =>
      gatehouse.agent().post('/api/login/logins/auth', { username: 'user', password });
    expect((await login(rightPassword)).status).toBe(422);
    expect((await login(fresh)).status).toBe(200);
  });

  test('of parallel redemptions one wins', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const token = await askForLink(gatehouse);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        gatehouse.agent().post(reset, { token, password: fresh, passwordConfirmation: fresh }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, json } of answers.filter((answer) => answer.status !== 200)) {
      expect([status, json]).toEqual([422, { errors: { token: ['Token does not exist'] } }]);
    }
  });

  test('a token that is unknown, changed, used, outdated by a newer one or expired by a second does nothing', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const older = await askForLink(gatehouse);
    const token = await askForLink(gatehouse);
    const redeem = async (text: string) =>
      (await gatehouse.agent().post(reset, { token: text, password: fresh, passwordConfirmation: fresh })).json;
    for (const wrong of ['x', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, older]) {
      expect(await redeem(wrong)).toEqual({ errors: { token: ['Token does not exist'] } });
    }
    gatehouse.clock.advance({ minutes: 5, seconds: 1 });
    expect(await redeem(token)).toEqual({ errors: { token: ['Token expired'] } });
  });

  test('different or weak passwords are refused by field and leave the link alone', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const token = await askForLink(gatehouse);
    const post = (password: string, passwordConfirmation: string) =>
      gatehouse.agent().post(reset, { token, password, passwordConfirmation });
    expect((await post(fresh, `${fresh}.`)).json).toEqual({
      errors: { passwordConfirmation: ['Confirmation password does not match'] },
    });
    expect((await post('short', 'short')).json).toEqual({
      errors: { password: ['This field must have at least 8 characters.'] },
    });
    expect((await post('password1', 'password1')).json).toEqual({
      errors: { password: ['This password is too common.'] },
    });
    expect((await post('x'.repeat(1025), 'x'.repeat(1025))).status).toBe(422);
    expect((await post(fresh, fresh)).status).toBe(200);
  });

  test('a reset lifts a lock', async () => {
    const gatehouse = await startTestGatehouse();
    const user = await gatehouse.addUser();
    await gatehouse.services.stores.users.lock(user.id, gatehouse.clock.now() + 600_000, gatehouse.clock.now());
    const token = await askForLink(gatehouse);
    await gatehouse.agent().post(reset, { token, password: fresh, passwordConfirmation: fresh });
    expect((await gatehouse.agent().post('/api/login/logins/auth', { username: 'user', password: fresh })).status).toBe(
      200,
    );
  });
});
