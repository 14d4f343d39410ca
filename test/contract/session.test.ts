import { describe, expect, test } from '@jest/globals';
import { startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import type { Agent } from '../support/agent.js';

const current = '/api/login/users/current';
const authenticated = '/api/login/users/authenticated';
const logout = '/api/login/logins/logout';

async function isIn(agent: Agent): Promise<unknown> {
  return ((await agent.get(authenticated)).json as { authenticated: boolean }).authenticated;
}

/** Another browser that holds the same cookie. */
function copyOf(gatehouse: TestGatehouse, agent: Agent): Agent {
  const copy = gatehouse.agent();
  copy.cookies.set('fe_typo_user', agent.cookies.get('fe_typo_user')!);
  return copy;
}

describe('GET users/current', () => {
  // (ASVS 14.2.6)
  test('answers one user with exactly the 28 published keys in order', async () => {
    const gatehouse = await startTestGatehouse();
    const user = await gatehouse.addUser({ firstName: 'Serhii', lastName: 'Borulko' });
    const answer = await (await gatehouse.loggedIn()).get(current);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      JSON.stringify([
        {
          address: '', city: '', company: '', country: '', crdate: user.crdate, email: 'user@example.com', endtime: 0, fax: '',
          firstName: 'Serhii',
          forgotPasswordFormUrl: 'http://localhost:3000/login/forgot-password?email=user%40example.com', image: null, lastName: 'Borulko', lockMinutesInterval: 10, locked: false,
          loggedIn: true, middleName: '', name: '', notLocked: true, online: true, telephone: '', timeToUnlock: true, title: '',
          tstamp: user.tstamp, uid: 1, unlockActionUrl: '', username: 'user', www: '', zip: '',
        },
      ]),
    ); // prettier-ignore
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('the forgot-password URL carries the address', async () => {
    const gatehouse = await startTestGatehouse({ config: { redirects: { forgotPasswordPage: '/forgot' } } });
    await gatehouse.addUser();
    const answer = await (await gatehouse.loggedIn()).get(current);
    expect(answer.json).toMatchObject([
      { forgotPasswordFormUrl: 'http://localhost:3000/forgot?email=user%40example.com' },
    ]);
  });

  test('without such a page, configured or in routes.yaml, the forgot-password URL is empty', async () => {
    const routes = `
current:
  path: ${current}
  handler: current-user
  middleware: [auth]
login:
  path: /api/login/logins/auth
  methods: POST
  handler: login
`;
    const gatehouse = await startTestGatehouse({ routes });
    await gatehouse.addUser();
    const answer = await (await gatehouse.loggedIn()).get(current);
    expect(answer.json).toMatchObject([{ forgotPasswordFormUrl: '' }]);
  });

  test('without a session: 401, and a browser is sent to the login page when there is one', async () => {
    const gatehouse = await startTestGatehouse({ config: { redirects: { loginPage: '/signin' } } });
    expect(await gatehouse.agent().get(current)).toMatchObject({
      status: 401,
      text: '{"error":"Authentication required."}',
    });
    expect(await gatehouse.agent().get(current, { Accept: '*/*' })).toMatchObject({ status: 401 });
    const browser = await gatehouse.agent().get(current, { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(browser.status).toBe(303);
    expect(browser.headers.get('location')).toBe('http://localhost:3000/signin');
  });

  test('a wrong CSRF token is refused, the right one, an empty one and the cookie’s value pass', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    const token = (await agent.get('/session/token')).text;
    expect(await agent.get(current, { 'X-CSRF-TOKEN': 'x'.repeat(43) })).toMatchObject({
      status: 401,
      text: '{"error":"CSRF token mismatch."}',
    });
    expect((await agent.get(current, { 'X-CSRF-TOKEN': token })).headers.get('x-csrf-token')).toBe(token);
    expect((await agent.get(current, { 'X-XSRF-TOKEN': agent.cookies.get('XSRF-TOKEN')! })).status).toBe(200);
    expect((await agent.get(current, { 'X-CSRF-TOKEN': '' })).status).toBe(200);
    expect((await agent.get(current, { 'X-CSRF-TOKEN': agent.cookies.get('fe_typo_user')! })).status).toBe(200);
    expect((await agent.get(current, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(401);
  });
});

describe('logout', () => {
  // (ASVS 7.4.1)
  test.each(['GET', 'POST'])('by %s ends the session for the next request and expires the cookie', async (method) => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    const copy = copyOf(gatehouse, agent);
    const answer = await agent.call(logout, { method });
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000' } });
    expect(answer.headers.getSetCookie().join('\n')).toMatch(/fe_typo_user=; path=\/; expires=Thu, 01 Jan 1970/);
    expect(await isIn(copy)).toBe(false);
    expect(await gatehouse.services.stores.sessions.count(gatehouse.clock.now())).toBe(0);
  });

  test('HEAD changes nothing, a page of another site cannot do it, without a login it is refused', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    expect(await agent.call(logout, { method: 'HEAD' })).toMatchObject({ status: 405 });
    expect(await agent.get(logout, { 'Sec-Fetch-Site': 'cross-site' })).toMatchObject({ status: 403 });
    expect(await isIn(agent)).toBe(true);
    expect(await gatehouse.agent().get(logout)).toMatchObject({ status: 401 });
  });

  test('requests in flight do not bring the session back', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    const copy = copyOf(gatehouse, agent);
    gatehouse.clock.advance({ minutes: 5 });
    await Promise.all([agent.get(logout), ...Array.from({ length: 30 }, () => copy.get(current))]);
    expect(await isIn(copyOf(gatehouse, copy))).toBe(false);
  });
});

// (ASVS 14.3.1)
test('a logout tells the browser to forget what it stored of this site, but not the cookies of other hosts', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  expect((await agent.get(current)).headers.get('clear-site-data')).toBeNull();
  const answer = await agent.post(logout, {});
  expect(answer.headers.get('clear-site-data')).toBe('"cache", "storage"');
  expect(agent.cookies.has('gatehouse_device')).toBe(true);
});

test('with session.maxPerUser set, one session more ends the one that rested longest', async () => {
  const gatehouse = await startTestGatehouse({ config: { session: { maxPerUser: 2 } } });
  await gatehouse.addUser();
  const agents = [];
  for (let count = 0; count < 3; count += 1) {
    agents.push(await gatehouse.loggedIn());
    gatehouse.clock.advance({ seconds: 1 });
  }
  expect(await Promise.all(agents.map(isIn))).toEqual([false, true, true]);
});

describe('how long a session lives', () => {
  // (ASVS 7.3.1, 7.3.2)
  test('idle for 100 minutes it ends, used every hour it lives for a day', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const [idle, used] = [await gatehouse.loggedIn(), await gatehouse.loggedIn()];
    for (let hour = 1; hour <= 23; hour += 1) {
      gatehouse.clock.advance({ hours: 1 });
      expect(await isIn(used)).toBe(true);
    }
    expect(await isIn(idle)).toBe(false);
    gatehouse.clock.advance({ minutes: 61 });
    expect(await isIn(used)).toBe(false);
  });

  test('remembered it may rest for 30 days and lives for 90', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = gatehouse.agent();
    await agent.post('/api/login/logins/auth', { username: 'user', password: 'correct horse battery', remember: true });
    for (const days of [29, 29, 29]) {
      gatehouse.clock.advance({ days });
      expect(await isIn(agent)).toBe(true);
    }
    gatehouse.clock.advance({ days: 4 });
    expect(await isIn(agent)).toBe(false);
  });

  test('reading does not write, but for the activity once a minute', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    const { stores } = gatehouse.services;
    const lastSeen = async (): Promise<number> =>
      (await stores.sessions.ofUser(1, gatehouse.clock.now()))[0]!.lastSeenAt;
    const start = await lastSeen();
    gatehouse.clock.advance({ seconds: 59 });
    await agent.get(current);
    expect(await lastSeen()).toBe(start);
    gatehouse.clock.advance({ seconds: 1 });
    await agent.get(current);
    expect(await lastSeen()).toBe(start + 60_000);
  });

  // (ASVS 7.4.2)
  test('switching the user off, or ending their sessions, takes effect for the next request', async () => {
    const gatehouse = await startTestGatehouse();
    const user = await gatehouse.addUser();
    const first = await gatehouse.loggedIn();
    await gatehouse.services.stores.sessions.deleteOfUser(user.id);
    expect(await isIn(first)).toBe(false);
    const second = await gatehouse.loggedIn();
    await gatehouse.services.stores.users.update(user.id, { disabled: true });
    expect(await isIn(second)).toBe(false);
  });
});

test('the store holds only a hash of the id, and the secret of the cookie decides nothing else', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  const [session] = await gatehouse.services.stores.sessions.ofUser(1, gatehouse.clock.now());
  expect(JSON.stringify(session)).not.toContain(agent.cookies.get('fe_typo_user'));
});

// (ASVS 3.3.4)
test('the secret of the cookie stands in Set-Cookie alone: in no body, no other header and no line of the log', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = gatehouse.agent();
  const login = await agent.post('/api/login/logins/auth', { username: 'user', password: 'correct horse battery' });
  const secret = agent.cookies.get('fe_typo_user')!;
  const answers = [login];
  for (const path of [current, authenticated, '/api/login/sessions', '/session/token', '/user/1?_format=json'])
    answers.push(await agent.get(path));
  answers.push(await agent.get('/account', { Accept: 'text/html' }));
  for (const { status, text, headers } of answers) {
    const others = [...headers].filter(([name]) => name !== 'set-cookie');
    expect([status, (text + JSON.stringify(others)).includes(secret)]).toEqual([200, false]);
  }
  expect(JSON.stringify(gatehouse.logged)).not.toContain(secret);
});

// (ASVS 3.3.2, 3.3.5)
test('each cookie has the attributes of its purpose and is small', async () => {
  const gatehouse = await startTestGatehouse({
    env: { PUBLIC_URL: 'https://login.example' },
    config: { session: { cookie: { name: '__Host-session', sameSite: 'strict' } } },
  });
  await gatehouse.addUser();
  const login = { username: 'user', password: 'correct horse battery' };
  const lines = (await gatehouse.agent().post('/api/login/logins/auth', login)).headers.getSetCookie();
  const attributes = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.split('; ').slice(1)]),
  );
  const shared = ['path=/', 'samesite=strict', 'secure'];
  expect(attributes).toEqual({
    '__Host-session': [...shared, 'httponly'],
    'XSRF-TOKEN': shared,
    gatehouse_device: ['path=/', expect.stringMatching(/^expires=/), 'samesite=strict', 'secure', 'httponly'],
  });
  for (const line of lines) expect(line.split(';')[0]!.length).toBeLessThan(4096);
});

// (ASVS 3.4.1)
test('behind a TLS proxy the cookies are Secure although the socket is plain', async () => {
  const gatehouse = await startTestGatehouse({ env: { PUBLIC_URL: 'https://login.example' } });
  await gatehouse.addUser();
  const answer = await gatehouse
    .agent()
    .post('/api/login/logins/auth', { username: 'user', password: 'correct horse battery' });
  for (const line of answer.headers.getSetCookie()) expect(line).toContain('; secure');
  for (const path of [current, '/nowhere', '/health/live', '/login']) {
    const { headers } = await gatehouse.agent().get(path);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  }
});

describe('GET /session/token', () => {
  test('is the session’s token, and for a visitor a well-formed one that is valid nowhere', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    const token = await agent.get('/session/token');
    expect(token.text).toBe(agent.cookies.get('XSRF-TOKEN'));
    expect(token.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const anonymous = await gatehouse.agent().get('/session/token');
    expect(anonymous.text).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(anonymous.headers.getSetCookie()).toEqual([]);
    expect((await agent.get(current, { 'X-CSRF-TOKEN': anonymous.text })).status).toBe(401);
  });
});
