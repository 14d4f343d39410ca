import { expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';
import type { Agent } from '../support/agent.js';

interface Person {
  id: number;
  username: string;
  email: string;
  state: string;
  version: string;
  groups: string;
}

/** A server with an administrator `root`, and an agent that is them. */
async function open(options = {}): Promise<{ gatehouse: TestGatehouse; root: Agent }> {
  const gatehouse = await startTestGatehouse(options);
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  return { gatehouse, root: await gatehouse.loggedIn('root') };
}

test('nobody but an administrator gets in', async () => {
  const { gatehouse } = await open();
  await gatehouse.addUser();
  expect((await gatehouse.agent().get('/api/admin/users')).status).toBe(401);
  const user = await gatehouse.loggedIn();
  for (const path of ['users', 'sessions', 'audit', 'mails', 'throttles', 'figures'])
    expect([path, (await user.get(`/api/admin/${path}`)).status]).toEqual([path, 403]);
});

// (ASVS 7.5.3)
test('after half an hour the password is asked for again', async () => {
  const { gatehouse, root } = await open();
  gatehouse.clock.advance({ minutes: 31 });
  expect((await root.get('/api/admin/users')).json).toMatchObject({ error: 'Please confirm your password first.' });
  await root.post('/api/login/confirm-password', { password: rightPassword });
  expect((await root.get('/api/admin/users')).status).toBe(200);
});

test('users are searched and paged, with how many there are', async () => {
  const { gatehouse, root } = await open();
  for (const name of ['anna', 'annika', 'bert'])
    await gatehouse.addUser({ username: name, email: `${name}@x.example` });
  const answer = (await root.get('/api/admin/users?search=ANN&limit=1&offset=1')).json as {
    total: number;
    users: Person[];
  };
  expect(answer.total).toBe(2);
  expect(answer.users.map(({ username }) => username)).toEqual(['annika']);
  expect(JSON.stringify(answer)).not.toContain('$2');
  expect((await root.get('/api/admin/users?limit=5000')).status).toBe(422);
});

test('a new user gets a link by mail and nobody knows a password', async () => {
  const { gatehouse, root } = await open();
  const answer = await root.post('/api/admin/users', { username: 'new', email: 'new@example.com', groups: 'a, b' });
  expect((answer.json as { user: Person }).user).toMatchObject({ username: 'new', groups: 'a, b', state: 'active' });
  expect((await gatehouse.services.stores.outbox.list({})).map(({ recipient }) => recipient)).toContain(
    'new@example.com',
  );
  const taken = await root.post('/api/admin/users', { username: 'NEW', email: 'other@example.com' });
  expect(taken.json).toEqual({ errors: { username: ['This value is already taken.'] } });
});

test('of two who change a user at once the second is told', async () => {
  const { gatehouse, root } = await open();
  const { id } = await gatehouse.addUser();
  const path = `/api/admin/users/${id}`;
  const { version } = ((await root.get(path)).json as { user: Person }).user;
  expect((await root.post(path, { firstName: 'Ada', version })).status).toBe(200);
  expect((await root.post(path, { firstName: 'Eve', version })).status).toBe(409);
  expect((await gatehouse.services.stores.users.findById(id))?.firstName).toBe('Ada');
});

test('switching off ends the sessions; on again lets in', async () => {
  const { gatehouse, root } = await open();
  const { id } = await gatehouse.addUser();
  const user = await gatehouse.loggedIn();
  await root.post(`/api/admin/users/${id}/disable`, {});
  expect((await user.get('/api/login/users/current')).status).toBe(401);
  await root.post(`/api/admin/users/${id}/enable`, {});
  await gatehouse.loggedIn();
  expect(gatehouse.eventsOf('userDisabled')[0]).toMatchObject({ by: 'root', username: 'user' });
});

test('nobody switches themselves off or gives away their own rights', async () => {
  const { gatehouse, root } = await open();
  const { id } = (await gatehouse.services.stores.users.findByUsername('root'))!;
  expect((await root.post(`/api/admin/users/${id}/disable`, {})).status).toBe(422);
  expect((await root.post(`/api/admin/users/${id}/delete`, {})).status).toBe(422);
  expect((await root.post(`/api/admin/users/${id}`, { admin: false })).status).toBe(422);
});

test('a lock is lifted, and the log says by whom', async () => {
  const { gatehouse, root } = await open({ config: { lockout: { attempts: 1 } } });
  const { id } = await gatehouse.addUser();
  await gatehouse.agent().post('/api/login/logins/auth', { username: 'user', password: 'wrong' });
  expect(((await root.get(`/api/admin/users/${id}`)).json as { user: Person }).user.state).toBe('locked');
  await root.post(`/api/admin/users/${id}/unlock`, {});
  await gatehouse.loggedIn();
  expect(gatehouse.eventsOf('unlocked')[0]).toMatchObject({ by: 'administrator', actor: 'root' });
});

test('a session of somebody is ended by its id, which opens nothing', async () => {
  const { gatehouse, root } = await open();
  const { id } = await gatehouse.addUser();
  const user = await gatehouse.loggedIn();
  const { sessions } = (await root.get(`/api/admin/users/${id}`)).json as { sessions: { id: string }[] };
  expect((await root.post(`/api/admin/sessions/${sessions[0]!.id}/end`, {})).json).toEqual({ terminated: 1 });
  expect((await user.get('/api/login/users/current')).status).toBe(401);
  expect((await root.post(`/api/admin/sessions/${sessions[0]!.id}/end`, {})).json).toEqual({ terminated: 0 });
});

test('a one-time account’s link is told once and works once', async () => {
  const { gatehouse, root } = await open();
  const answer = await root.post('/api/admin/one-time-accounts', { groups: 'guests', minutes: 30 });
  const { url } = answer.json as { url: string };
  const path = new URL(url).pathname;
  expect((await gatehouse.agent().post(path, {})).status).toBe(200);
  expect((await gatehouse.agent().post(path, {})).status).toBe(404);
});

test('the audit log is read by user and by what happened', async () => {
  const { gatehouse, root } = await open();
  await gatehouse.addUser();
  await gatehouse.loggedIn();
  await gatehouse.services.tell.settled();
  const answer = await root.get('/api/admin/audit?user=user&type=login');
  expect((answer.json as { entries: object[] }).entries).toEqual([
    expect.objectContaining({ type: 'login', username: 'user' }),
  ]);
  expect((await root.get('/api/admin/audit?user=nobody')).json).toEqual({ entries: [] });
});

test('who is throttled is seen and let in again', async () => {
  const { gatehouse, root } = await open();
  const stranger = gatehouse.agent();
  for (let attempt = 0; attempt < 50; attempt += 1)
    await stranger.post('/api/login/magic-link', { email: 'nobody@example.com' });
  expect((await stranger.post('/api/login/magic-link', { email: 'nobody@example.com' })).status).toBe(429);
  const { throttles } = (await root.get('/api/admin/throttles')).json as { throttles: { name: string; key: string }[] };
  expect(throttles).toHaveLength(1);
  await root.post('/api/admin/throttles/lift', throttles[0]);
  expect((await stranger.post('/api/login/magic-link', { email: 'nobody@example.com' })).status).toBe(422);
});

test('mails are listed without their content; reading them is for development', async () => {
  const { gatehouse, root } = await open();
  const { id } = await gatehouse.addUser();
  await root.post(`/api/admin/users/${id}/reset-link`, {});
  const { mails } = (await root.get('/api/admin/mails')).json as { mails: { id: string; recipient: string }[] };
  expect(mails[0]).toMatchObject({ recipient: 'user@example.com' });
  expect(JSON.stringify(mails)).not.toContain('payload');
  const read = await root.get(`/api/admin/mails/${mails[0]!.id}`);
  expect((read.json as { text: string }).text).toContain('/login/reset-password?token=');
});

test('the figures of the last day count logins and refusals', async () => {
  const { gatehouse, root } = await open();
  await gatehouse.agent().post('/api/login/logins/auth', { username: 'x', password: 'y' });
  await gatehouse.services.tell.settled();
  const figures = (await root.get('/api/admin/figures')).json as {
    slots: { logins: number; refusals: number }[];
    sessions: number;
  };
  expect(figures.slots).toHaveLength(48);
  expect(figures.slots.at(-1)).toMatchObject({ logins: 1 });
  expect(figures.slots.at(-1)!.refusals).toBeGreaterThan(0);
  expect(figures.sessions).toBe(1);
});

test('the figures of the last day are those of every server on the database, and outlive a restart', async () => {
  const dataDir = temporaryFolder();
  const { gatehouse, root } = await open({ dataDir });
  const other = await startTestGatehouse({ dataDir, clock: gatehouse.clock });
  await other.agent().post('/api/login/logins/auth', { username: 'root', password: 'a guess' });
  await other.loggedIn('root');
  await other.services.tell.settled();
  await other.stop();
  gatehouse.clock.advance({ minutes: 20 });
  expect(await dayOf(root)).toEqual({ logins: 2, refusals: 1 });
  const later = await startTestGatehouse({ dataDir, clock: gatehouse.clock });
  const again = await later.loggedIn('root');
  await later.services.tell.settled();
  expect(await dayOf(again)).toEqual({ logins: 3, refusals: 1 });
});

async function dayOf(agent: Agent): Promise<{ logins: number; refusals: number }> {
  const { slots } = (await agent.get('/api/admin/figures')).json as { slots: { logins: number; refusals: number }[] };
  const sum = (name: 'logins' | 'refusals') => slots.reduce((total, slot) => total + slot[name], 0);
  return { logins: sum('logins'), refusals: sum('refusals') };
}
