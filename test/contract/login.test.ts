import { describe, expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';

const path = '/api/login/logins/auth';

describe('POST /api/login/logins/auth', () => {
  // (ASVS 14.3.2)
  test('right credentials answer a redirect, a session cookie and its CSRF token', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const answer = await gatehouse.agent().post(path, { username: 'user', password: rightPassword });
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000' } });
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith('fe_typo_user='));
    expect(cookie).toMatch(/^fe_typo_user=[A-Za-z0-9_-]{43}; path=\/; samesite=lax; httponly$/);
    expect(answer.headers.get('x-csrf-token')).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('an unknown user and a wrong password get the published texts', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = gatehouse.agent();
    expect(await agent.post(path, { username: 'nobody', password: 'x' })).toMatchObject({
      status: 422,
      json: { errors: { username: ['Provided username is not found.'], password: ['Password is invalid'] } },
    });
    const wrong = await agent.post(path, { username: 'user', password: 'passs' });
    expect(wrong).toMatchObject({ status: 422, text: '{"errors":{"password":["Password is invalid"]}}' });
  });

  test.each([
    ['disabled', { disabled: true }],
    ['not yet started', { starttime: Date.parse('2026-11-22') / 1000 }],
    ['expired', { endtime: Date.parse('2026-11-20') / 1000 }],
  ])('a %s user is answered like an unknown one', async (_state, patch) => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser(patch);
    const answer = await gatehouse.agent().post(path, { username: 'user', password: rightPassword });
    expect(answer.json).toEqual({
      errors: { username: ['Provided username is not found.'], password: ['Password is invalid'] },
    });
  });

  test('the e-mail address logs in too, but a user name wins', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const byAddress = await gatehouse.agent().post(path, { username: 'User@Example.com', password: rightPassword });
    expect(byAddress.status).toBe(200);
    const { id } = await gatehouse.addUser({
      username: 'other',
      email: 'other@example.com',
      password: 'another password',
    });
    // as imported: nobody can take somebody else's address for a name here
    await gatehouse.services.stores.users.update(id, { username: 'user@example.com' });
    expect((await gatehouse.agent().post(path, { username: 'user@example.com', password: rightPassword })).status).toBe(
      422,
    );
    expect(
      (await gatehouse.agent().post(path, { username: 'user@example.com', password: 'another password' })).status,
    ).toBe(200);
  });

  // (ASVS 6.2.9)
  test.each(['true', '1.5', 'null', ' 12 ', 'ä'.repeat(100), `${'long'.repeat(30)}!`, 'a\u0000b'])(
    'a password is taken as it is: %j',
    async (odd) => {
      const gatehouse = await startTestGatehouse({ config: { password: { minLength: 1 } } });
      const passwordHash = await gatehouse.services.passwords.hash(odd);
      await gatehouse.services.stores.users.insert({ username: odd, email: '', passwordHash, verified: true });
      expect((await gatehouse.agent().post(path, { username: odd, password: odd })).status).toBe(200);
      expect((await gatehouse.agent().post(path, { username: odd, password: `${odd}x` })).status).toBe(422);
    },
  );

  // (ASVS 2.2.1, 2.2.2, 15.3.5)
  test.each([
    ['{}', { username: ['This field is required.'], password: ['This field is required.'] }],
    ['', { username: ['This field is required.'], password: ['This field is required.'] }],
    ['{"username":"","password":"x"}', { username: ['This field is required.'] }],
    [
      '{"username":1,"password":true}',
      { username: ['This field must be a string.'], password: ['This field must be a string.'] },
    ],
    [
      '{"username":null,"password":["x"]}',
      { username: ['This field must be a string.'], password: ['This field must be a string.'] },
    ],
    ['{"username":{},"password":"x"}', { username: ['This field must be a string.'] }],
    ['{"username":"user","password":"x","remember":"maybe"}', { remember: ['This field must be a boolean.'] }],
  ])('the input %s is refused by field', async (body, errors) => {
    const gatehouse = await startTestGatehouse();
    expect(await gatehouse.agent().post(path, body)).toMatchObject({ status: 422, json: { errors } });
  });

  test.each([true, 'true', '1', 1, false, 'false', '0', 0, ''])('remember takes %j', async (remember) => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const answer = await gatehouse.agent().post(path, { username: 'user', password: rightPassword, remember });
    expect(answer.status).toBe(200);
    const persistent = answer.headers.getSetCookie().some((line) => /^fe_typo_user=.*expires=/.test(line));
    expect(persistent).toBe([true, 'true', '1', 1].includes(remember));
  });

  // (ASVS 7.2.1)
  test('a session id that the client brought is never promoted', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = gatehouse.agent();
    const planted = 'p'.repeat(43);
    agent.cookies.set('fe_typo_user', planted);
    await agent.post(path, { username: 'user', password: rightPassword });
    expect(agent.cookies.get('fe_typo_user')).not.toBe(planted);
    expect(
      (await gatehouse.agent({ Cookie: `fe_typo_user=${planted}` }).get('/api/login/users/authenticated')).json,
    ).toEqual({ authenticated: false });
  });

  // (ASVS 7.2.2)
  test('somebody who is logged in already gets a fresh session for whom the credentials name', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    await gatehouse.addUser({ username: 'second', email: 'second@example.com' });
    const agent = await gatehouse.loggedIn('user');
    const former = agent.cookies.get('fe_typo_user')!;
    await agent.post(path, { username: 'second', password: rightPassword });
    expect((await agent.get('/api/login/users/current')).json).toMatchObject([{ username: 'second' }]);
    expect(
      (await gatehouse.agent({ Cookie: `fe_typo_user=${former}` }).get('/api/login/users/authenticated')).json,
    ).toEqual({ authenticated: false });
  });

  test('with accounts.conceal an unknown user and a wrong password get one and the same body', async () => {
    const gatehouse = await startTestGatehouse({ config: { accounts: { conceal: true } } });
    await gatehouse.addUser();
    const text = '{"errors":{"username":["Username or password is invalid."]}}';
    expect(await gatehouse.agent().post(path, { username: 'nobody', password: 'x' })).toMatchObject({
      status: 422,
      text,
    });
    expect(await gatehouse.agent().post(path, { username: 'user', password: 'x' })).toMatchObject({
      status: 422,
      text,
    });
  });

  // (ASVS 6.2.10)
  test('a password is good for years, as long as nobody changes it', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    gatehouse.clock.advance({ days: 3650 });
    expect((await gatehouse.agent().post(path, { username: 'user', password: rightPassword })).status).toBe(200);
  });

  test('a stored hash of a lower cost is raised at the next login', async () => {
    const gatehouse = await startTestGatehouse({ config: { password: { cost: 5 } } });
    const user = await gatehouse.addUser();
    const { stores, passwords } = gatehouse.services;
    const cheap = (await import('bcryptjs')).default.hashSync('imported password', 4);
    await stores.users.update(user.id, { passwordHash: cheap });
    expect((await gatehouse.agent().post(path, { username: 'user', password: 'imported password' })).status).toBe(200);
    const raised = (await stores.users.findById(user.id))!.passwordHash;
    expect(raised).not.toBe(cheap);
    expect(passwords.needsRehash(raised)).toBe(false);
    expect((await gatehouse.agent().post(path, { username: 'user', password: 'imported password' })).status).toBe(200);
  });
});

describe('what the body may look like', () => {
  const credentials = JSON.stringify({ username: 'user', password: rightPassword });

  test.each([
    ['text/plain', credentials],
    ['application/x-www-form-urlencoded', credentials],
    ['application/x-www-form-urlencoded', `username=user&password=${encodeURIComponent(rightPassword)}`],
    ['application/octet-stream', `\n ${credentials}`],
    ['application/json; charset=utf-8', `\uFEFF${credentials}`],
  ])('labelled %s it logs in: %s', async (type, body) => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    expect((await gatehouse.agent().post(path, body, { 'Content-Type': type })).status).toBe(200);
  });

  test.each([
    ['{"username":"user"', 18],
    ['{"username":"user","password": }', 31],
    ['[]', 0],
    ['"text"', 0],
    ['12', 0],
    ['{"username":"a","username":"b"}', 16],
  ])('%s is malformed at %i', async (body, position) => {
    const gatehouse = await startTestGatehouse();
    expect(await gatehouse.agent().post(path, body)).toMatchObject({
      status: 400,
      json: { error: 'Malformed JSON body.', position },
    });
  });

  // (ASVS 15.3.7)
  test('a field that stands twice in a form is no text', async () => {
    const gatehouse = await startTestGatehouse();
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await gatehouse.agent().post(path, 'username=user&username=root&password=x', form);
    expect(answer).toMatchObject({ status: 422, json: { errors: { username: ['This field must be a string.'] } } });
  });

  test('one that is too large, binary or compressed is refused, one that is nested deeply harms nothing', async () => {
    const gatehouse = await startTestGatehouse();
    const agent = gatehouse.agent();
    expect((await agent.post(path, `{"a":"${'x'.repeat(70_000)}"}`)).status).toBe(413);
    expect((await agent.post(path, new Uint8Array([0xff, 0xfe, 0x00]))).status).toBe(400);
    expect((await agent.post(path, credentials, { 'Content-Encoding': 'gzip' })).status).toBe(415);
    expect((await agent.post(path, '['.repeat(30_000))).status).toBe(400);
    expect((await agent.post(path, `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)).status).toBe(422);
    expect((await agent.post(path, '{"__proto__":{"username":"user"},"constructor":{"prototype":{}}}')).status).toBe(
      422,
    );
    expect(({} as Record<string, unknown>).username).toBeUndefined();
  });
});

test('where clients may choose the way, an empty returnTo is none', async () => {
  const gatehouse = await startTestGatehouse({ config: { redirects: { allowReturnTo: true, afterLogin: '/after' } } });
  await gatehouse.addUser();
  const login = async (returnTo: unknown) =>
    (await gatehouse.agent().post('/api/login/logins/auth', { username: 'user', password: rightPassword, returnTo }))
      .json;
  expect(await login('')).toEqual({ redirect: 'http://localhost:3000/after' });
  expect(await login('/mine')).toEqual({ redirect: 'http://localhost:3000/mine' });
  expect(await login('//evil.example')).toMatchObject({ errors: { returnTo: [expect.any(String)] } });
});
