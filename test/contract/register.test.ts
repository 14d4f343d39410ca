import { describe, expect, test } from '@jest/globals';
import { changeUser, lookUpUser } from '../../src/auth/users.js';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { changed, mailedToken } from '../support/links.js';
import { readMails } from '../support/mails.js';
import { withRegistration } from '../support/shipped.js';

const path = '/api/login/register';
const verify = '/api/login/verify-email';
const page = '/login/verify-email';
const login = '/api/login/logins/auth';
const origin = { address: 'test', userAgent: '', requestId: '' };
const anna = {
  username: 'anna',
  email: 'anna@example.com',
  password: rightPassword,
  passwordConfirmation: rightPassword,
};

/** The shipped routes, with registration switched on as the comment there says. */
function start(config = {}): Promise<TestGatehouse> {
  const routes = withRegistration;
  return startTestGatehouse({ routes, config: { mail: { login: false }, ...config } });
}

const logIn = (gatehouse: TestGatehouse) =>
  gatehouse.agent().post(login, { username: 'anna', password: rightPassword });

describe('registration', () => {
  test('is off in the routes we ship', async () => {
    const gatehouse = await startTestGatehouse();
    for (const method of ['GET', 'POST']) {
      expect((await gatehouse.agent().call(path, { method })).status).toBe(404);
      expect((await gatehouse.agent().call(verify, { method })).status).toBe(404);
    }
    expect((await gatehouse.agent().get('/login/register')).status).toBe(404);
  });

  // (ASVS 2.3.1)
  test('the address is proven by a link, once, and only then the user may log in', async () => {
    const gatehouse = await start();
    const answer = await gatehouse.agent().post(path, { ...anna, firstName: 'Anna', language: 'de' });
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000' } });
    expect((await logIn(gatehouse)).status).toBe(422);
    const [mail] = await readMails(gatehouse);
    expect(mail).toMatchObject({ subject: 'Bitte bestätigen Sie Ihre E-Mail-Adresse', to: [{ address: anna.email }] });
    const token = await mailedToken(gatehouse, page);
    const opened = await gatehouse.agent().get(`${page}?token=${token}`, { Accept: 'text/html' });
    expect(opened.text).toContain(`action="${verify}`);
    expect((await logIn(gatehouse)).status).toBe(422);
    const answers = await Promise.all([1, 2, 3].map(() => gatehouse.agent().post(verify, { token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await logIn(gatehouse)).status).toBe(200);
    expect(gatehouse.eventsOf('registered')).toMatchObject([{ username: 'anna', verificationNeeded: true }]);
    expect(gatehouse.eventsOf('emailVerified')).toMatchObject([{ username: 'anna' }]);
  });

  test('with approval an administrator is asked once the address is proven, and lets the user in', async () => {
    const gatehouse = await start({
      accounts: { registration: { approval: true } },
      mail: { login: false, siteAddress: 'site@example.com' },
    });
    await gatehouse.agent().post(path, anna);
    expect(await readMails(gatehouse)).toHaveLength(1);
    await gatehouse.agent().post(verify, { token: await mailedToken(gatehouse, page) });
    const asked = (await readMails(gatehouse)).at(-1)!;
    expect(asked).toMatchObject({
      subject: 'A registration waits for your approval',
      to: [{ address: 'site@example.com' }],
    });
    expect(asked.text).toContain('anna@example.com');
    expect((await logIn(gatehouse)).status).toBe(422);
    const user = (await lookUpUser(gatehouse.services, 'anna'))!;
    expect(user).toMatchObject({ disabled: true, verified: true });
    await changeUser(gatehouse.services, user, { disabled: false }, 'boss', origin);
    expect((await logIn(gatehouse)).status).toBe(200);
    const told = (await readMails(gatehouse)).at(-1)!;
    expect(told).toMatchObject({ subject: 'Your account has been approved', to: [{ address: anna.email }] });
    expect(told.text).toContain('http://localhost:3000/login');
  });

  test('everything that is wrong is told at once, by field', async () => {
    const gatehouse = await start();
    const required = ['This field is required.'];
    expect((await gatehouse.agent().post(path, {})).json).toEqual({
      errors: { username: required, email: required, password: required, passwordConfirmation: required },
    });
    const wrong = { username: 'anna', email: 'anna', password: 'anna', passwordConfirmation: 'other', firstName: 5 };
    expect((await gatehouse.agent().post(path, wrong)).json).toEqual({
      errors: {
        email: ['This field must be a valid email address.'],
        password: ['This field must have at least 8 characters.'],
        passwordConfirmation: ['Confirmation password does not match'],
        firstName: ['This field must be a string.'],
      },
    });
  });

  test.each([
    'a\r\nBcc: all@example.com',
    'x'.repeat(10_000),
    'an\u200bna',
    'anna\u202e',
    ' anna',
    'anna ',
    '\u0430nna',
    'admin@example.org',
    'admin\uff20example.org',
    '\u3164',
  ])('a name that is not one is refused: %j', async (username) => {
    const gatehouse = await start();
    const answer = await gatehouse.agent().post(path, { ...anna, username });
    expect(answer.status).toBe(422);
    expect(Object.keys((answer.json as { errors: object }).errors)).toEqual(['username']);
    expect(await readMails(gatehouse)).toEqual([]);
  });

  test.each(['Änne', '安娜', 'Анна', 'anna b', "o'neil", 'anna@example.com'])('a name may be %s', async (username) => {
    const gatehouse = await start();
    expect((await gatehouse.agent().post(path, { ...anna, username })).status).toBe(200);
  });

  test('a name or an address that is taken is refused, in another case or normal form too', async () => {
    const gatehouse = await start();
    await gatehouse.addUser({ username: 'Änne', email: 'Anna@Example.com' });
    const answer = await gatehouse.agent().post(path, { ...anna, username: 'a\u0308NNE' });
    expect(answer.json).toEqual({
      errors: { username: ['This value is already taken.'], email: ['This value is already taken.'] },
    });
  });

  test('of parallel registrations of one name one is stored', async () => {
    const gatehouse = await start();
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => gatehouse.agent().post(path, { ...anna, email: `anna${i}@example.com` })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await gatehouse.services.stores.users.count()).toBe(1);
    expect(await readMails(gatehouse)).toHaveLength(1);
  });

  // (ASVS 15.3.3)
  test('nobody makes themselves an administrator, a member or verified', async () => {
    const gatehouse = await start();
    const more = { admin: true, groups: ['editors'], verified: true, disabled: false, id: 99, passwordHash: 'x' };
    await gatehouse.agent().post(path, { ...anna, ...more, uuid: 'x', lastLogin: 5 });
    expect(await lookUpUser(gatehouse.services, 'anna')).toMatchObject({
      admin: false,
      groups: [],
      verified: false,
      lastLogin: 0,
    });
  });

  test('names that nobody proved in time are free again, not earlier', async () => {
    const gatehouse = await start();
    await gatehouse.agent().post(path, anna);
    const token = await mailedToken(gatehouse, page);
    gatehouse.clock.advance({ hours: 24, seconds: -1 });
    expect((await gatehouse.agent().post(path, anna)).status).toBe(422);
    gatehouse.clock.advance({ seconds: 1 });
    expect((await gatehouse.agent().post(verify, { token })).json).toEqual({ errors: { token: ['Token expired'] } });
    expect((await gatehouse.agent().post(path, anna)).status).toBe(200);
    expect((await gatehouse.agent().post(verify, { token: changed(token) })).status).toBe(422);
    await gatehouse.agent().post(verify, { token: await mailedToken(gatehouse, page) });
    expect((await logIn(gatehouse)).status).toBe(200);
    gatehouse.clock.advance({ days: 2 });
    expect((await gatehouse.agent().post(path, anna)).status).toBe(422);
  });

  test('somebody who is logged in does not register', async () => {
    const gatehouse = await start();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    expect(await agent.post(path, anna)).toMatchObject({
      status: 403,
      json: { error: 'User is already authenticated' },
    });
  });
});

describe('concealed registration', () => {
  async function concealed() {
    const gatehouse = await start({ accounts: { conceal: true } });
    await gatehouse.worker.close();
    await gatehouse.addUser();
    return gatehouse;
  }

  async function register(gatehouse: TestGatehouse, change: object) {
    const answer = await gatehouse.agent().post(path, { ...anna, ...change });
    await gatehouse.worker.runDue();
    return answer;
  }

  test('the answer is one and the same; the mailbox tells what came of it', async () => {
    const gatehouse = await concealed();
    const free = await register(gatehouse, {});
    const address = await register(gatehouse, { username: 'berta', email: 'USER@example.com' });
    const name = await register(gatehouse, { username: 'User', email: 'carla@example.com' });
    for (const answer of [free, address, name]) {
      expect(answer).toMatchObject({ status: 200, text: '{"redirect":"http://localhost:3000"}' });
    }
    const mails = (await readMails(gatehouse)).map(({ to, subject }) => `${to![0]!.address}: ${subject}`);
    expect(new Set(mails)).toEqual(
      new Set([
        'anna@example.com: Please confirm your e-mail address',
        'carla@example.com: Please choose another user name',
        'user@example.com: You already have an account',
      ]),
    );
    expect(await gatehouse.services.stores.users.count()).toBe(2);
    await gatehouse.agent().post(verify, { token: await mailedToken(gatehouse, page) });
    expect((await logIn(gatehouse)).status).toBe(200);
  });

  test('what is wrong with the form itself is told', async () => {
    const gatehouse = await concealed();
    const answer = await register(gatehouse, { username: 'user', password: 'short', passwordConfirmation: 'short' });
    expect(answer.json).toEqual({ errors: { password: ['This field must have at least 8 characters.'] } });
    expect(await gatehouse.services.stores.jobs.list({})).toEqual([]);
  });

  test('who registers again before proving the address gets the link once more, for the first registration', async () => {
    const gatehouse = await concealed();
    await register(gatehouse, {});
    await register(gatehouse, {
      username: 'other',
      password: 'a different password',
      passwordConfirmation: 'a different password',
    });
    expect((await readMails(gatehouse)).map(({ subject }) => subject)).toEqual([
      'Please confirm your e-mail address',
      'Please confirm your e-mail address',
    ]);
    await gatehouse.agent().post(verify, { token: await mailedToken(gatehouse, page) });
    expect((await logIn(gatehouse)).status).toBe(200);
  });

  test('what waits is encrypted and holds no password', async () => {
    const gatehouse = await concealed();
    await gatehouse.agent().post(path, anna);
    const [job] = await gatehouse.services.stores.jobs.list({});
    expect(JSON.stringify(job)).not.toMatch(/anna|correct/);
    await gatehouse.worker.runDue();
    expect(await gatehouse.services.stores.jobs.list({})).toMatchObject([{ state: 'sent', payload: '' }]);
  });
});
