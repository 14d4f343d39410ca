import { describe, expect, test } from '@jest/globals';
import type { Agent } from '../support/agent.js';
import { startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';

const simulate = (name: string) => `/api/login/users/simulate/${encodeURIComponent(name)}`;
const logout = '/api/login/logins/logout';
const current = '/api/login/users/current';

async function start(config = {}): Promise<{ gatehouse: TestGatehouse; admin: Agent }> {
  const gatehouse = await startTestGatehouse({ config });
  await gatehouse.addUser();
  await gatehouse.addUser({ username: 'boss', email: 'boss@example.com', admin: true });
  return { gatehouse, admin: await gatehouse.loggedIn('boss') };
}

async function nameOf(agent: Agent): Promise<unknown> {
  const { status, json } = await agent.get(current);
  return status === 200 ? (json as { username: string }[])[0]!.username : status;
}

describe('POST /api/login/users/simulate/{username}', () => {
  test('the administrator’s browser acts as the user; the session remembers who really acts', async () => {
    const { gatehouse, admin } = await start({ redirects: { afterLogin: '/home' } });
    const own = admin.cookies.get('fe_typo_user')!;
    const answer = await admin.post(simulate('user'), {});
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000/home' } });
    expect(admin.cookies.get('fe_typo_user')).not.toBe(own);
    expect(await nameOf(admin)).toBe('user');
    const [session] = await gatehouse.services.stores.sessions.ofUser(1, gatehouse.clock.now());
    expect(session).toMatchObject({ userId: 1, actorId: 2 });
    expect(gatehouse.eventsOf('simulated')).toMatchObject([
      { userId: 1, username: 'user', actorId: 2, actorName: 'boss' },
    ]);
    expect(gatehouse.eventsOf('login').map(({ username }) => username)).toEqual(['boss']);
  });

  test('logout returns to the administrator’s own login under a new id, with what is left of its time', async () => {
    const { gatehouse, admin } = await start();
    const own = admin.cookies.get('fe_typo_user')!;
    const [before] = await gatehouse.services.stores.sessions.ofUser(2, gatehouse.clock.now());
    await admin.post(simulate('user'), {});
    const simulated = admin.cookies.get('fe_typo_user')!;
    gatehouse.clock.advance({ minutes: 30 });
    expect((await admin.post(logout, {})).status).toBe(200);
    expect(await nameOf(admin)).toBe('boss');
    const [after, ...others] = await gatehouse.services.stores.sessions.ofUser(2, gatehouse.clock.now());
    expect(others).toEqual([]);
    expect(after).toMatchObject({ createdAt: before!.createdAt, absoluteExpiresAt: before!.absoluteExpiresAt });
    expect(after!.actorId).toBeUndefined();
    for (const former of [own, simulated]) {
      expect(await nameOf(gatehouse.agent({ Cookie: `fe_typo_user=${former}` }))).toBe(401);
    }
    expect(gatehouse.eventsOf('simulationEnded')).toMatchObject([{ username: 'user', actorName: 'boss' }]);
    expect((await admin.post(logout, {})).status).toBe(200);
    expect(await nameOf(admin)).toBe(401);
  });

  test('two logouts at once bring back one login', async () => {
    const { gatehouse, admin } = await start();
    await admin.post(simulate('user'), {});
    await Promise.all([admin.post(logout, {}), admin.post(logout, {})]);
    expect((await gatehouse.services.stores.sessions.ofUser(2, gatehouse.clock.now())).length).toBeLessThanOrEqual(1);
    expect(await gatehouse.services.stores.sessions.ofUser(1, gatehouse.clock.now())).toEqual([]);
  });

  test('when the administrator’s own login has ended meanwhile, logout is the end', async () => {
    const { gatehouse, admin } = await start({ session: { idleMinutes: 60 } });
    await admin.post(simulate('user'), {});
    gatehouse.clock.advance({ minutes: 50 });
    expect(await nameOf(admin)).toBe('user');
    gatehouse.clock.advance({ minutes: 50 });
    await admin.post(logout, {});
    expect(await nameOf(admin)).toBe(401);
  });

  test.each(['nobody', 'user ', 'a/b', 'us%00er', 'gone'])('an unknown or disabled user: %s', async (name) => {
    const { gatehouse, admin } = await start();
    await gatehouse.addUser({ username: 'gone', email: 'gone@example.com', disabled: true });
    const answer = await admin.post(simulate(name), {});
    expect(answer).toMatchObject({
      status: 422,
      json: { errors: { username: ['Provided username is not found.'] } },
    });
    expect(await nameOf(admin)).toBe('boss');
  });

  test('a name with a slash, a space or an accent is found', async () => {
    const { gatehouse, admin } = await start();
    await gatehouse.addUser({ username: 'ä b/c', email: 'abc@example.com' });
    expect((await admin.post(simulate('ä b/c'), {})).status).toBe(200);
    expect(await nameOf(admin)).toBe('ä b/c');
  });

  test('is for administrators who are logged in, by POST, from our own pages', async () => {
    const { gatehouse, admin } = await start();
    expect((await gatehouse.agent().post(simulate('boss'), {})).status).toBe(401);
    const user = await gatehouse.loggedIn();
    expect(await user.post(simulate('boss'), {})).toMatchObject({
      status: 403,
      json: { error: 'Admin user is required.' },
    });
    expect((await admin.get(simulate('user'))).status).toBe(405);
    expect((await admin.post(simulate('user'), {}, { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await admin.post(simulate('user'), {}, { 'X-CSRF-Token': 'wrong' })).status).toBe(401);
    expect(await nameOf(admin)).toBe('boss');
  });

  test('from one simulation into the next the one who really acts stays the same', async () => {
    const { gatehouse, admin } = await start();
    await gatehouse.addUser({ username: 'second', email: 'second@example.com', admin: true });
    await admin.post(simulate('second'), {});
    await admin.post(simulate('user'), {});
    expect(await nameOf(admin)).toBe('user');
    expect(gatehouse.eventsOf('simulated').at(-1)).toMatchObject({ username: 'user', actorName: 'boss' });
    expect(await gatehouse.services.stores.sessions.ofUser(3, gatehouse.clock.now())).toEqual([]);
    await admin.post(logout, {});
    expect(await nameOf(admin)).toBe('boss');
  });

  test('it ends at once when the administrator is disabled, no longer one, or logged out everywhere', async () => {
    for (const end of [{ disabled: true }, { admin: false }, 'terminate'] as const) {
      const { gatehouse, admin } = await start();
      await admin.post(simulate('user'), {});
      const { stores } = gatehouse.services;
      if (end === 'terminate') await stores.sessions.deleteOfUser(2);
      else await stores.users.update(2, end);
      expect(await nameOf(admin)).toBe(401);
    }
  });

  test('what asks for a proven password cannot be done in it, and it does not make the device a known one', async () => {
    const { gatehouse, admin } = await start();
    const device = admin.cookies.get('gatehouse_device');
    await gatehouse.loggedIn('user');
    await admin.post(simulate('user'), {});
    expect(await admin.call('/api/login/sessions/others', { method: 'DELETE' })).toMatchObject({ status: 403 });
    expect(admin.cookies.get('gatehouse_device')).toBe(device);
    const list = (await admin.get('/api/login/sessions')).json;
    expect(list).toHaveLength(2);
    expect(list).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ simulated: true, current: true }),
        expect.objectContaining({ simulated: false, current: false }),
      ]),
    );
  });

  test('the audit log says of everything done in it who really did it', async () => {
    const { gatehouse, admin } = await start();
    await admin.post(simulate('user'), {});
    await admin.post('/api/login/users/terminate/2', {});
    await admin.post('/api/login/change-email', { email: 'new@example.com', currentPassword: 'guess' });
    await gatehouse.services.tell.settled();
    const lines = await gatehouse.services.stores.audit.query({ userId: 1 });
    expect(lines.slice(0, 3)).toMatchObject([
      { type: 'loginFailed', detail: { factor: 're-authentication', actorId: 2 } },
      { type: 'refused', detail: { reason: 'not-admin', actorId: 2 } },
      { type: 'simulated', detail: { actorId: 2, actorName: 'boss' } },
    ]);
  });

  test('it costs the user none of their own sessions', async () => {
    const { gatehouse, admin } = await start({ session: { maxPerUser: 1 } });
    const user = await gatehouse.loggedIn('user');
    await admin.post(simulate('user'), {});
    expect(await nameOf(user)).toBe('user');
    await gatehouse.loggedIn('user');
    expect(await nameOf(admin)).toBe('user');
  });
});

describe('POST /api/login/users/terminate/{user}', () => {
  const terminate = (id: string | number) => `/api/login/users/terminate/${id}`;

  // (ASVS 7.4.5)
  test('every session of the user is gone with the next request, and the count is told', async () => {
    const { gatehouse, admin } = await start();
    const sessions = await Promise.all([1, 2, 3].map(() => gatehouse.loggedIn('user')));
    expect(await admin.post(terminate(1), {})).toMatchObject({ status: 200, json: { terminated: 3 } });
    for (const session of sessions) expect(await nameOf(session)).toBe(401);
    expect(await nameOf(admin)).toBe('boss');
    expect(gatehouse.eventsOf('sessionsTerminated')).toMatchObject([{ userId: 1, count: 3, by: 'boss' }]);
  });

  test.each([999, 'user', '1e0', '-1', '0x1', ' 1', '99999999999999999999'])('an unknown id is 0: %s', async (id) => {
    const { gatehouse, admin } = await start();
    const user = await gatehouse.loggedIn('user');
    expect((await admin.post(terminate(encodeURIComponent(id)), {})).json).toEqual({ terminated: 0 });
    expect(await nameOf(user)).toBe('user');
  });

  test('is for administrators, by POST', async () => {
    const { gatehouse, admin } = await start();
    const user = await gatehouse.loggedIn();
    expect((await user.post(terminate(2), {})).status).toBe(403);
    expect((await admin.get(terminate(1))).status).toBe(405);
    expect(await nameOf(admin)).toBe('boss');
  });
});
