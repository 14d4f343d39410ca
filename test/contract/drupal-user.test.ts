import { expect, test } from '@jest/globals';
import type { Agent } from '../support/agent.js';
import { rightPassword, startTestGatehouse, type TestOptions } from '../support/gatehouse.js';
import { logInAs, refusal } from '../support/drupal.js';

const failed = 'Unprocessable Entity: validation failed.\n';
const onlyOwn = "Users can only update their own account, unless they have the 'administer users' permission.";
const newPassword = 'a new and longer one';

/** A user, an administrator and a stranger, each logged in. */
async function household(options: TestOptions = {}) {
  const gatehouse = await startTestGatehouse(options);
  const user = await gatehouse.addUser({ groups: ['editors'] });
  const admin = await gatehouse.addUser({ username: 'admin', email: 'admin@example.com', admin: true });
  await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
  const client = async (name: string) => {
    const { agent, csrfToken } = await logInAs(gatehouse, name);
    return (method: string, path: string, body?: unknown) =>
      agent.call(`${path}?_format=json`, { method, body, headers: { 'X-CSRF-Token': csrfToken } });
  };
  return {
    gatehouse,
    path: `/user/${user.id}`,
    user,
    admin,
    asUser: await client('user'),
    asAdmin: await client('admin'),
    asOther: await client('other'),
  };
}

type Client = Awaited<ReturnType<typeof household>>['asUser'];
const keysFor = async (client: Client, path: string) => Object.keys((await client('GET', path)).json as object);
const everybody = ['uid', 'uuid', 'langcode', 'name', 'created', 'changed', 'default_langcode'];
const owner = [...everybody, 'preferred_langcode', 'mail', 'timezone'];

// (ASVS 15.3.1)
test('each sees as much of a record as is theirs to see, and nobody the password', async () => {
  const { gatehouse, path, user, admin, asUser, asAdmin } = await household({
    config: { roles: { authenticated: ['access user profiles'] } },
  });
  expect((await keysFor(asUser, `/user/${admin.id}`)).sort()).toEqual([...everybody].sort());
  expect((await keysFor(asUser, path)).sort()).toEqual([...owner].sort());
  const full = await asAdmin('GET', path);
  expect(Object.keys(full.json as object).sort()).toEqual(
    [...owner, 'status', 'access', 'login', 'init', 'roles'].sort(),
  );
  await gatehouse.services.tell.settled();
  expect((await asAdmin('GET', path)).json).toMatchObject({
    uid: [{ value: user.id }],
    mail: [{ value: 'user@example.com' }],
    status: [{ value: true }],
    roles: [{ target_id: 'editors', target_type: 'user_role' }],
    login: [{ value: '2026-11-21T12:00:00+00:00', format: 'Y-m-d\\TH:i:sP' }],
  });
});

test('other people’s records need a permission; nobody has it by default', async () => {
  const { path, admin, asUser, asOther } = await household();
  const denied = [403, "The 'access user profiles' permission is required."];
  expect(refusal(await asOther('GET', path))).toEqual(denied);
  expect(refusal(await asUser('GET', `/user/${admin.id}`))).toEqual(denied);
  expect((await asUser('GET', path)).status).toBe(200);
});

test('a role gives its permissions to who is in the group, and the word administrator gives none', async () => {
  const { gatehouse, admin, asUser } = await household({
    config: { roles: { editors: ['access user profiles'], administrator: ['administer users'] } },
  });
  expect((await asUser('GET', `/user/${admin.id}`)).status).toBe(200);
  await gatehouse.addUser({ username: 'eve', email: 'eve@example.com', groups: ['administrator', 'constructor'] });
  const { agent } = await logInAs(gatehouse, 'eve');
  expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: true });
  expect(refusal(await agent.call(`/user/${admin.id}`, { method: 'DELETE' }))[0]).toBe(403);
});

test('unknown users are 404 to everybody, and so is what is no id', async () => {
  const { asAdmin, asUser, gatehouse } = await household();
  expect(refusal(await asAdmin('GET', '/user/4711'))[0]).toBe(404);
  expect(refusal(await asUser('PATCH', '/user/4711', {}))[0]).toBe(404);
  for (const id of ['0', '-1', '1e3', '01x', '99999999999999999999'])
    expect(refusal(await gatehouse.agent().get(`/user/${id}`))[0]).toBe(404);
});

test('without credentials the client is asked for them', async () => {
  const { gatehouse, path } = await household();
  const asked = [401, 'No authentication credentials provided.'];
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await gatehouse.agent().call(path, { method, headers });
    expect(refusal(answer)).toEqual(asked);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Gatehouse"');
  }
});

test('the owner changes what is theirs and gets the record back', async () => {
  const { path, asUser, gatehouse } = await household();
  const answer = await asUser('PATCH', path, { timezone: [{ value: 'Europe/Paris' }], preferred_langcode: ['de'] });
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({ timezone: [{ value: 'Europe/Paris' }], preferred_langcode: [{ value: 'de' }] });
  const again = await asUser('PATCH', path, { timezone: [{ value: 'Mars' }] });
  expect(refusal(again)).toEqual([422, `${failed}timezone.0.value: The value you selected is not a valid choice.\n`]);
  expect(gatehouse.eventsOf('userChanged')).toEqual([]);
});

test('a record belongs to its owner and to administrators', async () => {
  const { path, asOther } = await household();
  expect(refusal(await asOther('PATCH', path, { timezone: ['UTC'] }))).toEqual([403, onlyOwn]);
});

// (ASVS 8.2.3)
test('there are fields that an owner may not touch, but may send back as they are', async () => {
  const { path, asUser, asAdmin, user } = await household();
  const entity = (await asAdmin('GET', path)).json as Record<string, unknown>;
  expect((await asUser('PATCH', path, entity)).status).toBe(200);
  expect((await asUser('PATCH', path, { roles: ['authenticated', 'editors'], status: [true] })).status).toBe(200);
  const other: Record<string, unknown> = {
    uid: [{ value: user.id + 1 }],
    uuid: ['x'],
    langcode: ['fr'],
    name: ['root'],
    status: [{ value: false }],
    created: [{ value: '2020-01-01T00:00:00+00:00' }],
    access: [{ value: '2020-01-01T00:00:00+00:00' }],
    login: [],
    init: ['a@b.c'],
    roles: [{ target_id: 'editors' }, { target_id: 'administrator' }],
    default_langcode: [false],
  };
  for (const [field, value] of Object.entries(other)) {
    const answer = await asUser('PATCH', path, { [field]: value });
    expect([field, ...refusal(answer)]).toEqual([field, 403, `Access denied on updating field '${field}'.`]);
  }
});

test('the role that everybody has is no change; an empty list takes the others away', async () => {
  const { path, asUser, asAdmin } = await household();
  const answer = await asUser('PATCH', path, { roles: ['authenticated'] });
  expect(answer.status).toBe(200);
  expect((await asAdmin('PATCH', path, { roles: ['authenticated'] })).json).toMatchObject({
    roles: [{ target_id: 'editors' }],
  });
  expect((await asAdmin('PATCH', path, { roles: [] })).json).toMatchObject({ roles: [] });
});

test('malformed changes are refused as at registration', async () => {
  const { path, asUser } = await household();
  const patch = async (body: unknown) => refusal(await asUser('PATCH', path, body));
  for (const body of [{}, [], null]) expect(await patch(body)).toEqual([400, 'No entity content received.']);
  expect(await patch({ foo: ['x'] })).toEqual([422, 'Field foo is unknown.']);
  expect(await patch({ mail: 'x' })).toEqual([422, 'Field values for "mail" must use an array structure']);
  expect(await patch({ pass: [{ value: 'x', existing: rightPassword, pre_hashed: true }] })).toEqual([
    403,
    "Access denied on updating field 'pass'.",
  ]);
  expect(await patch({ mail: [{ value: { a: 1 } }], pass: [{ existing: rightPassword }] })).toEqual([
    422,
    `${failed}mail.0.value: This value should be of the correct primitive type.\n`,
  ]);
});

test('address and password need the current password', async () => {
  const { path, asUser, gatehouse } = await household();
  const patch = async (body: unknown) => refusal(await asUser('PATCH', path, body));
  const mail = "mail: Your current password is missing or incorrect; it's required to change the Email.\n";
  const pass = "pass: Your current password is missing or incorrect; it's required to change the Password.\n";
  const change = { mail: [{ value: 'new@example.com' }] };
  expect(await patch(change)).toEqual([422, failed + mail]);
  expect(await patch({ ...change, pass: [{ existing: 'wrong' }] })).toEqual([422, failed + mail]);
  expect(await patch({ pass: [{ value: newPassword }] })).toEqual([422, failed + pass]);
  expect(await patch({ pass: [newPassword] })).toEqual([422, failed + pass]);
  expect(await patch({ ...change, pass: [{ value: newPassword, existing: 'wrong' }] })).toEqual([
    422,
    failed + mail + pass,
  ]);
  const right = await asUser('PATCH', path, { ...change, pass: [{ existing: rightPassword }] });
  expect(right.json).toMatchObject({ mail: [{ value: 'new@example.com' }] });
  expect(gatehouse.eventsOf('emailChanged')).toMatchObject([{ from: 'user@example.com', to: 'new@example.com' }]);
});

test('guessing the current password counts like guessing at the login', async () => {
  const { path, asUser, gatehouse } = await household();
  const flooded = 'Too many failed login attempts from your IP address. This IP address is temporarily blocked.';
  const body = (existing: string) => ({ pass: [{ value: newPassword, existing }] });
  await gatehouse.agent().post('/user/login', { name: 'user', pass: 'wrong' });
  await asUser('PATCH', path, { pass: [{ value: newPassword }] });
  for (let attempt = 0; attempt < 4; attempt += 1)
    expect((await asUser('PATCH', path, body('wrong'))).status).toBe(422);
  const sixth = await asUser('PATCH', path, body(rightPassword));
  expect(refusal(sixth)).toEqual([403, flooded]);
  expect(sixth.headers.get('retry-after')).toBe('21600');
});

test('a new password ends the other sessions, gives this one a new id and lets in from now on', async () => {
  const { gatehouse, path } = await household();
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  const elsewhere = (await logInAs(gatehouse, 'user')).agent;
  const before = agent.cookies.get('fe_typo_user');
  const status = async (client: Agent) => (await client.get('/user/login_status')).text;
  const body = { pass: [{ existing: rightPassword, value: newPassword }] };
  const answer = await agent.call(path, { method: 'PATCH', body, headers: { 'X-CSRF-Token': csrfToken } });
  expect(answer.status).toBe(200);
  expect(agent.cookies.get('fe_typo_user')).not.toBe(before);
  expect([await status(agent), await status(elsewhere)]).toEqual(['1', '0']);
  const old = gatehouse.agent();
  old.cookies.set('fe_typo_user', before!);
  expect(await status(old)).toBe('0');
  const token = (await agent.get('/session/token')).text;
  expect([token === csrfToken, answer.headers.get('x-csrf-token')]).toEqual([false, token]);
  expect((await gatehouse.agent().post('/user/login', { name: 'user', pass: rightPassword })).status).toBe(400);
  await logInAs(gatehouse, 'user', newPassword);
  expect(gatehouse.eventsOf('passwordChanged')).toMatchObject([{ by: 'change' }]);
});

test('of two changes of one password at once, one wins', async () => {
  const { path, gatehouse } = await household();
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  const answers = await Promise.all(
    ['first new password', 'second new password'].map((value) =>
      agent.call(path, {
        method: 'PATCH',
        body: { pass: [{ existing: rightPassword, value }] },
        headers: { 'X-CSRF-Token': csrfToken },
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('an administrator changes others without their password, their own only with it', async () => {
  const { path, user, admin, asAdmin, gatehouse } = await household({ config: { roles: { writers: [] } } });
  const { agent } = await logInAs(gatehouse, 'user');
  const body = {
    name: ['Robert'],
    mail: ['robert@example.com'],
    pass: [{ value: newPassword }],
    roles: [{ target_id: 'writers' }, { target_id: 'administrator' }],
  };
  const answer = await asAdmin('PATCH', path, body);
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({
    name: [{ value: 'Robert' }],
    roles: [{ target_id: 'writers' }, { target_id: 'administrator' }],
  });
  expect((await agent.get('/user/login_status')).text).toBe('0');
  expect((await gatehouse.services.stores.users.findById(user.id))?.admin).toBe(true);
  await logInAs(gatehouse, 'Robert', newPassword);
  expect((await asAdmin('PATCH', `/user/${admin.id}`, { pass: [newPassword] })).status).toBe(422);
});

test('an administrator switches somebody off: their sessions end at once', async () => {
  const { path, asAdmin, gatehouse } = await household();
  const { agent } = await logInAs(gatehouse, 'user');
  expect((await asAdmin('PATCH', path, { status: [{ value: false }] })).status).toBe(200);
  expect((await agent.get('/user/login_status')).text).toBe('0');
  expect((await asAdmin('PATCH', path, { status: ['1'] })).json).toMatchObject({ status: [{ value: true }] });
});

test('names and roles are validated for administrators too', async () => {
  const { path, asAdmin } = await household();
  expect(refusal(await asAdmin('PATCH', path, { name: ['admin'], roles: ['nobody-has-this'] }))).toEqual([
    422,
    `${failed}name: The username admin is already taken.\nroles: The role nobody-has-this does not exist.\n`,
  ]);
});

test('whoever may administer users has no power over administrators and hands out no roles', async () => {
  const { gatehouse, path, admin, asUser } = await household({
    config: { roles: { editors: ['administer users'], writers: [] } },
  });
  const other = (await gatehouse.services.stores.users.findByUsername('other'))!;
  expect((await asUser('PATCH', `/user/${other.id}`, { name: ['another'] })).status).toBe(200);
  expect(refusal(await asUser('PATCH', `/user/${admin.id}`, { name: ['x'] }))).toEqual([403, onlyOwn]);
  expect(refusal(await asUser('DELETE', `/user/${admin.id}`))[0]).toBe(403);
  const denied = [403, "Access denied on updating field 'roles'."];
  expect(refusal(await asUser('PATCH', path, { roles: ['editors', 'writers'] }))).toEqual(denied);
  expect(refusal(await asUser('PATCH', path, { roles: ['editors', 'administrator'] }))).toEqual(denied);
});

test('the name is changed by who may', async () => {
  const { path, asUser } = await household({ config: { roles: { authenticated: ['change own username'] } } });
  expect((await asUser('PATCH', path, { name: ['Robert'] })).json).toMatchObject({ name: [{ value: 'Robert' }] });
  expect(refusal(await asUser('PATCH', path, { name: [' Robert'] }))).toEqual([
    422,
    `${failed}name: The username cannot begin with a space.\n`,
  ]);
});

test('users are deleted by administrators', async () => {
  const { gatehouse, path, asUser, asOther, asAdmin } = await household();
  const denied = [403, "The 'cancel account' permission is required."];
  expect(refusal(await asUser('DELETE', path))).toEqual(denied);
  expect(refusal(await asOther('DELETE', path))).toEqual(denied);
  const answer = await asAdmin('DELETE', path);
  expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([204, '', null]);
  expect(refusal(await asAdmin('GET', path))[0]).toBe(404);
  expect((await asUser('GET', '/user/login_status')).text).toBe('0');
  expect(gatehouse.eventsOf('userDeleted')).toMatchObject([{ by: 'admin', username: 'user' }]);
});

test('and by themselves, if they may', async () => {
  const { gatehouse, path, asOther } = await household({ config: { roles: { authenticated: ['cancel account'] } } });
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  expect(refusal(await asOther('DELETE', path))[0]).toBe(403);
  const answer = await agent.call(path, { method: 'DELETE', headers: { 'X-CSRF-Token': csrfToken } });
  expect(answer.status).toBe(204);
  expect(agent.cookies.has('fe_typo_user')).toBe(false);
});
