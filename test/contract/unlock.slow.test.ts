import { describe, expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { changed, mailedToken } from '../support/links.js';
import { readMails } from '../support/mails.js';

const login = '/api/login/logins/auth';
const unlock = '/api/login/unlock';
const page = '/login/unlock';
const html = { Accept: 'text/html' };
const locked = { status: 422, text: '{"errors":{"username":["User has been locked"]}}' };

/** Tries from many addresses, as a botnet would, believed because the peer is a trusted proxy. */
async function wrongLogins(gatehouse: TestGatehouse, count: number): Promise<void> {
  for (let done = 0; done < count; done += 20) {
    const some = Array.from({ length: Math.min(20, count - done) }, (_, i) => {
      const from = { 'X-Forwarded-For': `198.51.${(done + i) >> 8}.${(done + i) & 255}` };
      return gatehouse.agent(from).post(login, { username: 'user', password: 'wrong' });
    });
    await Promise.all(some);
  }
}

async function start(config = {}): Promise<TestGatehouse> {
  const gatehouse = await startTestGatehouse({
    config: {
      mail: { login: false },
      lockout: { attempts: 3 },
      http: { trustedProxies: ['127.0.0.1', '::1'] },
      ...config,
    },
  });
  await gatehouse.addUser();
  return gatehouse;
}

const right = { username: 'user', password: rightPassword };

describe('a lock', () => {
  test('shows to who knows the password, not to a guesser', async () => {
    const gatehouse = await start();
    await wrongLogins(gatehouse, 3);
    expect(await gatehouse.agent().post(login, right)).toMatchObject(locked);
    const guess = await gatehouse.agent().post(login, { username: 'user', password: 'wrong' });
    expect(guess).toMatchObject({ status: 422, text: '{"errors":{"password":["Password is invalid"]}}' });
  });

  test('sends a browser to redirects.error.whenLocked where that is set', async () => {
    const gatehouse = await start({ redirects: { error: { whenLocked: '/locked' } } });
    await wrongLogins(gatehouse, 3);
    const answer = await gatehouse.agent().post(login, right, html);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('http://localhost:3000/locked');
  });

  test('cannot be forced on a known device by 1,000 wrong logins from elsewhere', async () => {
    const gatehouse = await start();
    const known = gatehouse.agent({ 'X-Forwarded-For': '203.0.113.5' });
    expect((await known.post(login, right)).status).toBe(200);
    await wrongLogins(gatehouse, 1000);
    expect(await gatehouse.agent({ 'X-Forwarded-For': '203.0.113.6' }).post(login, right)).toMatchObject(locked);
    expect((await known.post(login, right)).status).toBe(200);
    expect((await readMails(gatehouse)).map(({ subject }) => subject)).toEqual([
      'Security Notice: Account has been locked',
    ]);
  });

  test('of a device that guesses itself is its own', async () => {
    const gatehouse = await start();
    const known = gatehouse.agent({ 'X-Forwarded-For': '203.0.113.5' });
    await known.post(login, right);
    for (let i = 0; i < 3; i += 1) await known.post(login, { username: 'user', password: 'wrong' });
    expect(await known.post(login, right)).toMatchObject(locked);
    expect((await gatehouse.agent({ 'X-Forwarded-For': '203.0.113.6' }).post(login, right)).status).toBe(200);
  });

  test('is not helped by a device cookie that somebody made up', async () => {
    const gatehouse = await start();
    const known = gatehouse.agent();
    await known.post(login, right);
    const cookie = known.cookies.get('gatehouse_device')!;
    await wrongLogins(gatehouse, 3);
    const forged = cookie.replace(/\.(\d+)\./, '.$1-2.');
    for (const value of [forged, `${cookie}x`, cookie.slice(0, -1), 'a.1.b']) {
      const answer = await gatehouse.agent({ Cookie: `gatehouse_device=${value}` }).post(login, right);
      expect(answer).toMatchObject(locked);
    }
  });

  test('ends by itself to the second, and users/current says so all along', async () => {
    const gatehouse = await start();
    const session = await gatehouse.loggedIn();
    const fields = async () => {
      const [user] = (await session.get('/api/login/users/current')).json as [Record<string, unknown>];
      const { locked, notLocked, timeToUnlock, lockMinutesInterval, unlockActionUrl } = user;
      return { locked, notLocked, timeToUnlock, lockMinutesInterval, unlockActionUrl };
    };
    const always = { lockMinutesInterval: 10, unlockActionUrl: '' };
    expect(await fields()).toEqual({ ...always, locked: false, notLocked: true, timeToUnlock: true });
    await wrongLogins(gatehouse, 3);
    expect(await fields()).toEqual({ ...always, locked: true, notLocked: false, timeToUnlock: false });
    gatehouse.clock.advance({ minutes: 10, seconds: -1 });
    expect(await gatehouse.agent().post(login, right)).toMatchObject(locked);
    gatehouse.clock.advance({ seconds: 1 });
    expect(await fields()).toEqual({ ...always, locked: false, notLocked: true, timeToUnlock: true });
    expect((await gatehouse.agent().post(login, right)).status).toBe(200);
  });

  test('concealed, answers like a wrong password', async () => {
    const gatehouse = await start({ accounts: { conceal: true } });
    await wrongLogins(gatehouse, 3);
    const text = '{"errors":{"username":["Username or password is invalid."]}}';
    expect(await gatehouse.agent().post(login, right)).toMatchObject({ status: 422, text });
  });
});

describe('the way out', () => {
  async function lockedOut(config = {}): Promise<{ gatehouse: TestGatehouse; token: string }> {
    const gatehouse = await start(config);
    await wrongLogins(gatehouse, 3);
    return { gatehouse, token: await mailedToken(gatehouse, page) };
  }

  test('opening it consumes nothing; the click unlocks, once', async () => {
    const { gatehouse, token } = await lockedOut({ redirects: { afterUnlocked: '/welcome-back' } });
    for (let i = 0; i < 2; i += 1) {
      expect((await gatehouse.agent().get(`${page}?token=${token}`, html)).text).toContain(`action="${unlock}`);
    }
    expect(await gatehouse.agent().post(login, right)).toMatchObject(locked);
    const answer = await gatehouse.agent().post(unlock, { token });
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000/welcome-back' } });
    expect((await gatehouse.agent().post(login, right)).status).toBe(200);
    expect((await gatehouse.agent().post(unlock, { token })).json).toEqual({
      errors: { token: ['Token does not exist'] },
    });
    expect(gatehouse.eventsOf('unlocked')).toMatchObject([{ by: 'link', username: 'user' }]);
  });

  test('of parallel clicks one wins', async () => {
    const { gatehouse, token } = await lockedOut();
    const answers = await Promise.all(Array.from({ length: 10 }, () => gatehouse.agent().post(unlock, { token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(gatehouse.eventsOf('unlocked')).toHaveLength(1);
  });

  test('a changed token is none, an old one has expired', async () => {
    const { gatehouse, token } = await lockedOut({ lockout: { attempts: 3, minutes: 600 } });
    expect((await gatehouse.agent().post(unlock, { token: changed(token) })).json).toEqual({
      errors: { token: ['Token does not exist'] },
    });
    gatehouse.clock.advance({ minutes: 60 });
    expect((await gatehouse.agent().post(unlock, { token })).json).toEqual({ errors: { token: ['Token expired'] } });
    expect(await gatehouse.agent().post(login, right)).toMatchObject(locked);
  });

  test('after it the guesses are counted anew, and the next lock is mailed again', async () => {
    const { gatehouse, token } = await lockedOut();
    await gatehouse.agent().post(unlock, { token });
    await wrongLogins(gatehouse, 2);
    expect((await gatehouse.agent().post(login, right)).status).toBe(200);
    await wrongLogins(gatehouse, 1);
    expect(await readMails(gatehouse)).toHaveLength(2);
  });
});
