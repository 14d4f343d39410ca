import { expect, test } from '@jest/globals';
import { changeUser, setPassword } from '../../src/auth/users.js';
import { rightPassword, startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';
import { basic, logInAs, refusal } from '../support/drupal.js';

const asked = [401, 'No authentication credentials provided.'];
const denied = [403, "The 'access user profiles' permission is required."];

/** How often a password was really looked at. */
function verifications(gatehouse: TestGatehouse): number {
  return gatehouse.events.filter((event) => event.type === 'login' || event.type === 'loginFailed').length;
}

test('name and password let in where the route lists basic: no session, no token', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  const agent = gatehouse.agent(basic('USER'));
  const answer = await agent.get(`/user/${id}`);
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []]);
  const patch = await agent.call(`/user/${id}`, { method: 'PATCH', body: { timezone: ['UTC'] } });
  expect([patch.status, patch.headers.getSetCookie()]).toEqual([200, []]);
  expect(await gatehouse.services.stores.sessions.count(gatehouse.clock.now())).toBe(0);
});

test('in the other dialect too a 401 says how to come back with credentials, where the route takes them', async () => {
  const routes = `
both: { path: /both, handler: ping, middleware: [auth], authentication: [cookie, basic] }
cookie: { path: /cookie, handler: ping, middleware: [auth] }
verify: { path: /verify, handler: verify, authentication: [basic] }
page: { path: /page, handler: account-page, middleware: [auth], authentication: [cookie, basic] }`;
  const gatehouse = await startTestGatehouse({ routes });
  const challenge = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await gatehouse.agent(headers).get(path);
    return [answer.status, answer.headers.get('www-authenticate')];
  };
  expect(await challenge('/both')).toEqual([401, 'Basic realm="Gatehouse"']);
  expect(await challenge('/both', basic('user', 'wrong'))).toEqual([401, 'Basic realm="Gatehouse"']);
  expect(await challenge('/verify')).toEqual([401, 'Basic realm="Gatehouse"']);
  expect(await challenge('/cookie')).toEqual([401, null]);
  expect(await challenge('/page', { Accept: 'text/html' })).toEqual([401, null]);
});

test('a password may hold colons and any script', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser({ password: 'a:b::c пароль' });
  expect((await gatehouse.agent(basic('user', 'a:b::c пароль')).get(`/user/${id}`)).status).toBe(200);
});

test('without credentials they are asked for, wrong or unreadable ones make the caller anybody', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  const get = (headers: Record<string, string>) => gatehouse.agent(headers).get(`/user/${id}`);
  const nothing = await get({});
  expect([...refusal(nothing), nothing.headers.get('www-authenticate')]).toEqual([...asked, 'Basic realm="Gatehouse"']);
  for (const headers of [
    basic('user', 'wrong'),
    basic('nobody', 'wrong'),
    { Authorization: 'Basic' },
    { Authorization: 'Basic !!!' },
    { Authorization: `Basic ${Buffer.from('no colon').toString('base64')}` },
  ]) {
    const answer = await get(headers);
    expect([...refusal(answer), answer.headers.get('www-authenticate')]).toEqual([...denied, null]);
  }
  expect(refusal(await get({ Authorization: 'Bearer x' }))).toEqual(asked);
});

test('a route that does not list basic refuses it', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = gatehouse.agent(basic('user'));
  const refused = [403, 'The used authentication method is not allowed on this route.'];
  for (const path of ['/session/token', '/user/login_status']) expect(refusal(await agent.get(path))).toEqual(refused);
  for (const path of ['/user/login', '/user/password', '/user/register', '/user/logout'])
    expect(refusal(await agent.post(path, {}))).toEqual(refused);
});

test('together with a session cookie the token is wanted, and the credentials decide who it is', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  const other = await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  const patch = (headers: Record<string, string>) =>
    agent.call(`/user/${other.id}`, {
      method: 'PATCH',
      body: { timezone: ['UTC'] },
      headers: { ...basic('other'), ...headers },
    });
  expect(refusal(await patch({}))).toEqual([403, 'X-CSRF-Token request header is missing']);
  expect((await patch({ 'X-CSRF-Token': csrfToken })).status).toBe(200);
  expect(refusal(await agent.get(`/user/${id}`, basic('user', 'wrong')))).toEqual(denied);
});

test('basic, login and the current password share one counter; a success clears it', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  const get = (pass: string) => gatehouse.agent(basic('user', pass)).get(`/user/${id}`);
  const post = (pass: string) => gatehouse.agent().post('/user/login', { name: 'user', pass });
  const flooded = [403, 'Too many failed login attempts from your IP address. This IP address is temporarily blocked.'];
  for (let attempt = 0; attempt < 3; attempt += 1) await get('wrong');
  for (let attempt = 0; attempt < 2; attempt += 1) expect((await post('wrong')).status).toBe(400);
  expect(refusal(await post(rightPassword))).toEqual(flooded);
  expect(refusal(await get(rightPassword))).toEqual(flooded);
  gatehouse.clock.advance({ hours: 7 });
  expect((await get(rightPassword)).status).toBe(200);
});

test('the same credentials cost one verification, also when they come all at once', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  const agent = gatehouse.agent(basic('user'));
  const answers = await Promise.all(Array.from({ length: 100 }, () => agent.get(`/user/${id}`)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  for (let request = 0; request < 20; request += 1) await agent.get(`/user/${id}`);
  await gatehouse.services.tell.settled();
  expect(verifications(gatehouse)).toBe(1);
});

test('fifty wrong ones at once: five are looked at', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  const agent = gatehouse.agent(basic('user', 'wrong'));
  const answers = await Promise.all(Array.from({ length: 50 }, () => agent.get(`/user/${id}`)));
  const looked = answers.filter((answer) => refusal(answer)[1] === denied[1]);
  expect(looked).toHaveLength(5);
});

test('what was remembered is forgotten with any change of the user, after a while, and at the next failure', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  const { users } = gatehouse.services.stores;
  const get = async (pass = rightPassword) => (await gatehouse.agent(basic('user', pass)).get(`/user/${id}`)).status;
  const verified = async (act: () => unknown, expected: number) => {
    await act();
    const before = verifications(gatehouse);
    const status = await get();
    await gatehouse.services.tell.settled();
    return expect([status, verifications(gatehouse) - before]).toEqual([expected, 1]);
  };
  await verified(() => {}, 200);
  await verified(() => users.update(id, { email: 'new@example.com' }), 200);
  await verified(() => gatehouse.clock.advance({ minutes: 6 }), 200);
  await verified(() => get('wrong'), 200);
  await verified(
    async () => users.update(id, { passwordHash: await gatehouse.services.passwords.hash('another') }),
    403,
  );
  await verified(() => users.update(id, { disabled: true }), 403);
  await users.delete(id);
  expect(await get()).toBe(404);
});

test('what one server remembers ends at once when another one changes the password or switches the user off', async () => {
  const dataDir = temporaryFolder();
  const [first, second] = [await startTestGatehouse({ dataDir }), await startTestGatehouse({ dataDir })];
  const user = await first.addUser();
  const origin = { address: 'test', userAgent: '', requestId: '' };
  const get = async (pass: string) => (await first.agent(basic('user', pass)).get(`/user/${user.id}`)).status;
  expect([await get(rightPassword), await get(rightPassword)]).toEqual([200, 200]);
  await setPassword(second.services, user, 'another one entirely', 'administrator', origin);
  expect([await get(rightPassword), await get('another one entirely')]).toEqual([403, 200]);
  const changed = (await second.services.stores.users.findById(user.id))!;
  await changeUser(second.services, changed, { disabled: true }, 'test', origin);
  expect(await get('another one entirely')).toBe(403);
});

// (ASVS 8.3.2)
test('a role that is given or taken counts for the very next request', async () => {
  const gatehouse = await startTestGatehouse({ config: { roles: { readers: ['access user profiles'] } } });
  const { id } = await gatehouse.addUser();
  const other = await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
  const get = async () => (await gatehouse.agent(basic('user')).get(`/user/${other.id}`)).status;
  expect(await get()).toBe(403);
  await gatehouse.services.stores.users.update(id, { groups: ['readers'] });
  expect(await get()).toBe(200);
  await gatehouse.services.stores.users.update(id, { groups: [] });
  expect(await get()).toBe(403);
});

test('one entry enables a resource with its method, formats and authentication', async () => {
  const routes = `
profile:
  path: /profile/{user}
  dialect: drupal
  handler: show-user
  formats: [xml]
  authentication: [basic]
whoami:
  path: /whoami
  dialect: drupal
  handler: current-user
  middleware: [authenticate]
  authentication: [cookie, basic]
inside:
  path: /inside
  dialect: drupal
  handler: current-user
  middleware: [authenticate]
login:
  path: /user/login
  methods: POST
  dialect: drupal
  handler: login
off:
  path: /off
  dialect: drupal
  handler: ping
  enabled: false
`;
  const gatehouse = await startTestGatehouse({ routes });
  const { id } = await gatehouse.addUser();
  const agent = gatehouse.agent(basic('user'));
  const json = 'No route found for the specified format. Supported formats: xml.';
  expect(refusal(await agent.get(`/profile/${id}?_format=json`))).toEqual([406, json]);
  expect((await agent.get(`/profile/${id}?_format=xml`)).text).toContain('<name><value>user</value></name>');
  const { agent: session } = await logInAs(gatehouse, 'user');
  expect((await session.get(`/profile/${id}?_format=xml`)).status).toBe(401);
  expect((await session.get('/whoami')).json).toMatchObject({ name: [{ value: 'user' }] });
  expect(refusal(await gatehouse.agent().get('/whoami'))).toEqual(asked);
  const onlyUsers = [403, 'This route can only be accessed by authenticated users.'];
  expect(refusal(await gatehouse.agent(basic('user', 'wrong')).get('/whoami'))).toEqual(onlyUsers);
  expect(refusal(await gatehouse.agent().get('/inside'))).toEqual(onlyUsers);
  expect((await agent.get('/off')).status).toBe(404);
});
