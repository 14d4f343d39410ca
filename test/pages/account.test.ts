import { expect, test } from '@jest/globals';
import type { Agent, Answer } from '../support/agent.js';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';

const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'Accept-Language': 'en' };

function submit(agent: Agent, path: string, fields: Record<string, string>, headers = {}): Promise<Answer> {
  const sent = { ...browser, 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' };
  const body = new URLSearchParams(fields).toString();
  return agent.call(path, { method: 'POST', body, headers: { ...sent, ...headers } });
}

async function open(): Promise<{ gatehouse: TestGatehouse; user: Agent }> {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  return { gatehouse, user: await gatehouse.loggedIn() };
}

const hiddenValue = (text: string, name: string): string =>
  new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(text)?.[1] ?? '';

test('a visitor who opens the account signs in there and is where they wanted to be', async () => {
  const { gatehouse } = await open();
  const agent = gatehouse.agent();
  const page = await agent.get('/account/profile', browser);
  expect(page.status).toBe(401);
  expect(page.text).toContain('Please sign in to go on.');
  const fields = { username: 'user', password: rightPassword, resume: hiddenValue(page.text, 'resume') };
  const answer = await submit(agent, '/api/login/logins/auth?page=login-page', fields);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/account/profile']);
});

test('a session that ends while a form is open loses nothing that was typed', async () => {
  const { gatehouse, user } = await open();
  gatehouse.clock.advance({ days: 2 });
  const typed = { firstName: 'Zoë <b>', lastName: 'x'.repeat(200) };
  const refused = await submit(user, '/api/login/profile?page=account-profile-page', typed);
  expect(refused.status).toBe(401);
  expect(refused.text).toContain('what you typed is kept');
  const fields = { username: 'user', password: rightPassword, resume: hiddenValue(refused.text, 'resume') };
  const wrong = await submit(user, '/api/login/logins/auth?page=login-page', { ...fields, password: 'slip' });
  fields.resume = hiddenValue(wrong.text, 'resume');
  const page = await submit(user, '/api/login/logins/auth?page=login-page', fields);
  expect(page.status).toBe(200);
  expect(page.text).toContain('value="Zoë &lt;b&gt;"');
  expect(page.text).toContain(`value="${typed.lastName}"`);
});

test('nobody can choose where a login leads', async () => {
  const { gatehouse } = await open();
  const fields = {
    username: 'user',
    password: rightPassword,
    resume: Buffer.from('{"path":"//evil"}').toString('base64url'),
  };
  const answer = await submit(gatehouse.agent(), '/api/login/logins/auth?page=login-page', fields);
  expect(answer.headers.get('location')).toBe('/account');
});

// (ASVS 6.2.6, 6.2.7)
test('passwords are masked, may be pasted, and password managers know which is which', async () => {
  const { gatehouse, user } = await open();
  const passwordFields = async (agent: Agent, path: string) => {
    const { text } = await agent.get(path, browser);
    expect(text).not.toMatch(/onpaste|oncopy|autocomplete="off"|(max|min)length/i);
    return (text.match(/<input[^>]*password[^>]*>/gi) ?? []).map((input) => [
      /type="(\w+)"/.exec(input)?.[1],
      /autocomplete="([\w-]+)"/.exec(input)?.[1],
    ]);
  };
  expect(await passwordFields(gatehouse.agent(), '/login')).toEqual([['password', 'current-password']]);
  expect(await passwordFields(user, '/account/email')).toEqual([['password', 'current-password']]);
  expect(await passwordFields(user, '/account/password')).toEqual([
    ['password', 'current-password'],
    ['password', 'new-password'],
    ['password', 'new-password'],
  ]);
});

test('every page with a bar has the way out', async () => {
  const { gatehouse } = await open();
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  const root = await gatehouse.loggedIn('root');
  const admin = ['', '/users', '/users/1', '/sessions', '/audit', '/mails', '/throttles', '/routes'];
  for (const path of ['/account', ...admin.map((part) => `/admin${part}`)]) {
    const page = await root.get(path, browser);
    expect([path, page.status, page.text.includes('action="/api/login/logins/logout')]).toEqual([path, 200, true]);
  }
});

test('the profile is changed, and the page speaks the chosen language', async () => {
  const { user } = await open();
  const answer = await submit(user, '/api/login/profile?page=account-profile-page', {
    firstName: 'Ada',
    language: 'de',
  });
  expect(answer.headers.get('location')).toBe('/account?done=change-profile');
  const page = await user.get('/account?done=change-profile', browser);
  expect(page.text).toContain('Ihr Profil ist gespeichert.');
  expect(page.text).toContain('Ada');
});

test('a password change with a slip says so at its field', async () => {
  const { user } = await open();
  const path = '/api/login/change-password?page=account-password-page';
  const fields = { currentPassword: 'not mine', password: 'a new long one', passwordConfirmation: 'a new long one' };
  const wrong = await submit(user, path, fields);
  expect(wrong.text).toMatch(/id="field-currentPassword-error">[^<]*not your password/);
  const right = await submit(user, path, { ...fields, currentPassword: rightPassword });
  expect(right.headers.get('location')).toBe('/account?done=change-password');
});

test('one’s sessions are seen and ended, this one is marked', async () => {
  const { gatehouse, user } = await open();
  const other = await gatehouse.loggedIn();
  const page = await user.get('/account', browser);
  expect(page.text).toContain('this device');
  const action = /action="(\/api\/login\/sessions\/(?!others)[^"]+)"/.exec(page.text)![1]!;
  const answer = await submit(user, action, {});
  expect(answer.headers.get('location')).toBe('/account?done=end-session');
  expect((await other.get('/api/login/users/authenticated')).json).toEqual({ authenticated: false });
});

test('after a while the password is asked for before sessions are ended', async () => {
  const { gatehouse, user } = await open();
  await gatehouse.loggedIn();
  gatehouse.clock.advance({ minutes: 40 });
  const asked = await submit(user, '/api/login/sessions/others?page=account-page', {});
  expect(asked.text).toContain('Is it you?');
  const fields = { password: rightPassword, resume: hiddenValue(asked.text, 'resume') };
  const page = await submit(user, '/api/login/confirm-password?page=confirm-page', fields);
  expect(page.text).toContain('Press the button once more.');
  expect((await submit(user, '/api/login/sessions/others?page=account-page', {})).status).toBe(303);
});

test('acting as somebody is seen on every page, and signing out leads back', async () => {
  const { gatehouse } = await open();
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  const root = await gatehouse.loggedIn('root');
  await submit(root, '/api/login/users/simulate/user?page=admin-user-page', { user: '1' });
  const page = await root.get('/account', browser);
  expect(page.text).toContain('You are acting as user.');
  const back = await submit(root, '/api/login/logins/logout?page=account-page', {});
  expect(back.headers.get('location')).toBe('/admin/users');
  expect((await root.get('/account', browser)).text).not.toContain('You are acting');
});

test('every page of the administration shows markup as text', async () => {
  const { gatehouse } = await open();
  const evil = `<img src=x onerror=alert(1)>`;
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  const { id } = await gatehouse.addUser({
    username: evil,
    email: 'evil@example.com',
    firstName: evil,
    groups: [evil],
  });
  const root = await gatehouse.loggedIn('root');
  await gatehouse.loggedIn(evil);
  await gatehouse.agent({ 'User-Agent': evil }).post('/api/login/logins/auth', { username: evil, password: evil });
  await root.post(`/api/admin/users/${id}/reset-link`, {});
  await gatehouse.services.tell.settled();
  const paths = ['', '/users', `/users/${id}`, '/users/new', '/sessions', '/audit', '/mails', '/throttles'];
  for (const path of [...paths, `/users?search=${encodeURIComponent(evil)}&state=${encodeURIComponent(evil)}`]) {
    const page = await root.get(`/admin${path}`, browser);
    expect([path, page.status, page.text.includes('<img')]).toEqual([path, 200, false]);
  }
});

test('a user who is no administrator reads so on a page', async () => {
  const { user } = await open();
  const page = await user.get('/admin', browser);
  expect(page.status).toBe(403);
  expect(page.text).toContain('Only administrators may do this.');
});

test('of two administrators the second is told, and keeps what was typed', async () => {
  const { gatehouse } = await open();
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  const root = await gatehouse.loggedIn('root');
  const version = hiddenValue((await root.get('/admin/users/1', browser)).text, 'version');
  const path = '/api/admin/users/1?page=admin-user-page';
  const first = await submit(root, path, { version, firstName: 'First', admin: 'false' });
  expect(first.headers.get('location')).toBe('/admin/users/1?done=admin-change-user');
  const second = await submit(root, path, { version, firstName: 'Second', admin: 'false' });
  expect(second.status).toBe(409);
  expect(second.text).toContain('Somebody else changed this meanwhile.');
  expect(second.text).toContain('value="Second"');
});
