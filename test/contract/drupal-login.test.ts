import { expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';
import { logInAs, refusal } from '../support/drupal.js';

const path = '/user/login?_format=json';
const unrecognized = [400, 'Unrecognized username or password.'];
const blocked = [400, 'The user has not been activated or is blocked.'];
const floodedUser = [
  403,
  'Too many failed login attempts from your IP address. This IP address is temporarily blocked.',
];
const floodedAddress = [403, 'Access is blocked because of IP based flood prevention.'];
const token = /^[A-Za-z0-9_-]{43}$/;

test('the right password answers who it is, two tokens and a session cookie', async () => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser({ username: 'admin', admin: true, groups: ['editors'] });
  const agent = gatehouse.agent();
  const answer = await agent.post(path, { name: 'ADMIN', pass: rightPassword });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const { current_user, csrf_token, logout_token, ...rest } = answer.json as Record<string, unknown>;
  expect(current_user).toEqual({
    uid: String(user.id),
    roles: ['authenticated', 'editors', 'administrator'],
    name: 'admin',
  });
  expect(csrf_token).toMatch(token);
  expect(logout_token).toMatch(token);
  expect(csrf_token).not.toBe(logout_token);
  expect(rest).toEqual({});
  expect(agent.cookies.get('fe_typo_user')).toMatch(token);
  expect(gatehouse.eventsOf('login')).toHaveLength(1);
});

test('the session serves the other family of clients too', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: true });
  expect((await agent.get('/api/login/users/current', { 'X-CSRF-Token': csrfToken })).status).toBe(200);
});

const bodies = [
  ['{}', 'Missing credentials.'],
  ['', 'Missing credentials.'],
  ['[]', 'Missing credentials.'],
  ['["name","pass"]', 'Missing credentials.'],
  ['null', 'Missing credentials.'],
  ['"name"', 'Missing credentials.'],
  ['5', 'Missing credentials.'],
  ['{"name":null,"pass":null}', 'Missing credentials.'],
  ['{"pass":"x"}', 'Missing credentials.name.'],
  ['{"name":null,"pass":"x"}', 'Missing credentials.name.'],
  ['{"name":"user"}', 'Missing credentials.pass.'],
  ['{"name":"","pass":""}', 'Unrecognized username or password.'],
  ['{"name":{"value":"user"},"pass":"x"}', 'Unrecognized username or password.'],
  ['{"name":["user"],"pass":"x"}', 'Unrecognized username or password.'],
  ['{"name":"user","pass":true}', 'Unrecognized username or password.'],
  ['{"name":"user","pass":{"$ne":1}}', 'Unrecognized username or password.'],
  ['{"__proto__":{"name":"user","pass":"x"}}', 'Missing credentials.'],
  ['{"name":"user"', 'Syntax error'],
  ['name=user&pass=x', 'Syntax error'],
] as const;

test('a body that names nobody is answered 400, and what is missing is said', async () => {
  const gatehouse = await startTestGatehouse();
  for (const [body, message] of bodies)
    expect([body, ...refusal(await gatehouse.agent().post(path, body))]).toEqual([body, 400, message]);
});

test('ten thousand fields, deep nesting and a large body are nothing special', async () => {
  const gatehouse = await startTestGatehouse();
  const agent = gatehouse.agent();
  const many = `{${Array.from({ length: 5000 }, (_, index) => `"a${index}":1`).join()}}`;
  expect(refusal(await agent.post(path, many))).toEqual([400, 'Missing credentials.']);
  expect(refusal(await agent.post(path, `{"name":${'['.repeat(9000)}${']'.repeat(9000)}}`))[0]).toBe(400);
  expect((await agent.post(path, `{"name":"${'x'.repeat(70_000)}"}`)).status).toBe(413);
});

test('numbers count as their digits, a password is never trimmed', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser({ username: '4711', email: 'a@example.org', password: '90071992547409931' });
  await gatehouse.addUser({ username: 'blank', email: 'b@example.org', password: '  two words  ' });
  const status = async (body: string) => (await gatehouse.agent().post(path, body)).status;
  expect(await status('{"name":4711,"pass":90071992547409931}')).toBe(200);
  expect(await status('{"name":4711,"pass":90071992547409930}')).toBe(400);
  expect(await status('{"name":"blank","pass":"two words"}')).toBe(400);
  expect(await status('{"name":"blank","pass":"  two words  "}')).toBe(200);
});

test('JSON is read whatever the type says', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const body = Buffer.from(JSON.stringify({ name: 'user', pass: rightPassword }));
  for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8'])
    expect((await gatehouse.agent().post(path, body, type ? { 'Content-Type': type } : {})).status).toBe(200);
});

test('the address is no name, whatever accounts.loginByEmail says', async () => {
  const gatehouse = await startTestGatehouse({ config: { accounts: { loginByEmail: true } } });
  await gatehouse.addUser();
  const answer = await gatehouse.agent().post(path, { name: 'user@example.com', pass: rightPassword });
  expect(refusal(answer)).toEqual(unrecognized);
});

test('an unknown name and a wrong password are told apart by nothing', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const wrong = await gatehouse.agent().post(path, { name: 'user', pass: 'wrong' });
  const unknown = await gatehouse.agent().post(path, { name: 'nobody', pass: 'wrong' });
  expect(refusal(wrong)).toEqual(unrecognized);
  expect(unknown.text).toBe(wrong.text);
  expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
});

test('whoever is logged in is refused before anything is read', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const { agent } = await logInAs(gatehouse, 'user');
  const answer = await agent.post(path, '{');
  expect(refusal(answer)).toEqual([403, 'This route can only be accessed by anonymous users.']);
});

test.each([
  ['switched off', { disabled: true }],
  ['never activated', { verified: false }],
  ['ended', { endtime: 1 }],
])(
  'an account that is %s is told so, before the password is looked at, and that counts nothing',
  async (_what, state) => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser(state);
    for (let attempt = 0; attempt < 8; attempt += 1)
      expect(refusal(await gatehouse.agent().post(path, { name: 'user', pass: 'wrong' }))).toEqual(blocked);
  },
);

test('five failures per user and address are answered, then also the right password is refused for six hours', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = gatehouse.agent();
  for (let attempt = 0; attempt < 5; attempt += 1)
    expect(refusal(await agent.post(path, { name: 'user', pass: 'wrong' }))).toEqual(unrecognized);
  const sixth = await agent.post(path, { name: 'User', pass: rightPassword });
  expect(refusal(sixth)).toEqual(floodedUser);
  expect(Number(sixth.headers.get('retry-after'))).toBe(21_600);
  gatehouse.clock.advance({ seconds: 21_601 });
  expect((await agent.post(path, { name: 'user', pass: rightPassword })).status).toBe(200);
});

test('every way to write a name runs on one counter, also of names that nobody has', async () => {
  const gatehouse = await startTestGatehouse();
  const agent = gatehouse.agent();
  for (const name of ['nobody', 'NOBODY', 'ｎｏｂｏｄｙ', 'noBody', 'Nobody'])
    expect(refusal(await agent.post(path, { name, pass: 'x' }))).toEqual(unrecognized);
  expect(refusal(await agent.post(path, { name: 'nobody', pass: 'x' }))).toEqual(floodedUser);
});

test('with uidOnly the account is blocked from everywhere, and the text says so', async () => {
  const gatehouse = await startTestGatehouse({
    config: { drupal: { flood: { uidOnly: true } }, http: { trustedProxies: ['127.0.0.1'] } },
  });
  await gatehouse.addUser();
  for (let attempt = 0; attempt < 5; attempt += 1)
    await gatehouse.agent({ 'X-Forwarded-For': `192.0.2.${attempt}` }).post(path, { name: 'user', pass: 'wrong' });
  const answer = await gatehouse
    .agent({ 'X-Forwarded-For': '192.0.2.99' })
    .post(path, { name: 'user', pass: rightPassword });
  expect(refusal(answer)).toEqual([
    403,
    'There have been more than 5 failed login attempts for this account. It is temporarily blocked. Try again later or request a new password.',
  ]);
});

test('without uidOnly another address is not blocked; the addresses of one IPv6 network are one', async () => {
  const gatehouse = await startTestGatehouse({ config: { http: { trustedProxies: ['127.0.0.1'] } } });
  await gatehouse.addUser();
  const from = (address: string) => gatehouse.agent({ 'X-Forwarded-For': address });
  for (let attempt = 0; attempt < 5; attempt += 1)
    await from(`2001:db8::${attempt}`).post(path, { name: 'user', pass: 'wrong' });
  expect(refusal(await from('2001:db8::ffff').post(path, { name: 'user', pass: rightPassword }))).toEqual(floodedUser);
  expect((await from('2001:db8:1::1').post(path, { name: 'user', pass: rightPassword })).status).toBe(200);
});

test('the address has a limit of its own, over all names; a success does not clear it', async () => {
  const gatehouse = await startTestGatehouse({ config: { drupal: { flood: { ipLimit: 3 } } } });
  await gatehouse.addUser();
  const post = (name: string, pass: string) => gatehouse.agent().post(path, { name, pass });
  await post('a', 'x');
  await post('b', 'x');
  expect((await post('user', rightPassword)).status).toBe(200);
  expect(refusal(await post('c', 'x'))).toEqual(unrecognized);
  const fourth = await post('user', rightPassword);
  expect(refusal(fourth)).toEqual(floodedAddress);
  expect(fourth.headers.get('retry-after')).toBe('3600');
});

test('a success clears the user’s counter', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const post = (pass: string) => gatehouse.agent().post(path, { name: 'user', pass });
  for (let attempt = 0; attempt < 4; attempt += 1) await post('wrong');
  expect((await post(rightPassword)).status).toBe(200);
  for (let attempt = 0; attempt < 5; attempt += 1) expect(refusal(await post('wrong'))).toEqual(unrecognized);
  expect(refusal(await post('wrong'))).toEqual(floodedUser);
});

test('fifty wrong passwords at once: exactly five are looked at', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => gatehouse.agent().post(path, { name: 'user', pass: 'wrong' })),
  );
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 403)).toHaveLength(45);
});

test('twenty right logins of one user at once all get in', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => gatehouse.agent().post(path, { name: 'user', pass: rightPassword })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
});

test('a lock of the other dialect does not apply here', async () => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser();
  await gatehouse.services.stores.users.lock(user.id, gatehouse.clock.now() + 60_000, gatehouse.clock.now());
  expect((await gatehouse.agent().post(path, { name: 'user', pass: rightPassword })).status).toBe(200);
});

test('another site’s page is refused, a listed one is not', async () => {
  const gatehouse = await startTestGatehouse({
    config: { cors: { origins: ['https://app.example'], credentials: true } },
  });
  await gatehouse.addUser();
  const post = (headers: Record<string, string>) =>
    gatehouse.agent().post(path, { name: 'user', pass: rightPassword }, headers);
  expect(refusal(await post({ Origin: 'https://evil.example' }))).toEqual([403, 'Cross-site request refused.']);
  expect(refusal(await post({ 'Sec-Fetch-Site': 'cross-site' }))).toEqual([403, 'Cross-site request refused.']);
  expect((await post({ Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' })).status).toBe(200);
});
