import { expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';
import { logInAs, refusal } from '../support/drupal.js';

const token = /^[A-Za-z0-9_-]{43}$/;

test('visitors get a token that is valid nowhere, and no cookie', async () => {
  const gatehouse = await startTestGatehouse();
  const agent = gatehouse.agent();
  const first = await agent.get('/session/token');
  expect(first.status).toBe(200);
  expect(first.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(first.headers.get('cache-control')).toBe('no-store');
  expect(first.text).toMatch(token);
  expect(first.headers.getSetCookie()).toEqual([]);
  expect((await agent.get('/rest/session/token')).text).toMatch(token);
});

test('a session has one token, that of the login answer; the one from before the login is dead', async () => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser();
  const before = (await gatehouse.agent().get('/session/token')).text;
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  expect((await agent.get('/session/token')).text).toBe(csrfToken);
  expect((await agent.get('/rest/session/token?_format=json')).text).toBe(csrfToken);
  const patch = { method: 'PATCH', body: { timezone: [{ value: 'Europe/Paris' }] } };
  const answer = await agent.call(`/user/${user.id}`, { ...patch, headers: { 'X-CSRF-Token': before } });
  expect(refusal(answer)).toEqual([403, 'X-CSRF-Token request header is invalid']);
});

test('resources want the token of this session, and nothing else will do', async () => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser();
  const { agent, csrfToken, logoutToken } = await logInAs(gatehouse, 'user');
  const other = await logInAs(gatehouse, 'user');
  const body = { timezone: [{ value: 'Europe/Paris' }] };
  const patch = async (headers: Record<string, string>) =>
    refusal(await agent.call(`/user/${user.id}`, { method: 'PATCH', body, headers }));
  const missing = [403, 'X-CSRF-Token request header is missing'];
  const invalid = [403, 'X-CSRF-Token request header is invalid'];
  expect(await patch({})).toEqual(missing);
  expect(await patch({ 'Sec-Fetch-Site': 'same-origin' })).toEqual(missing);
  expect(await patch({ 'X-CSRF-Token': '' })).toEqual(invalid);
  expect(await patch({ 'X-CSRF-Token': other.csrfToken })).toEqual(invalid);
  expect(await patch({ 'X-CSRF-Token': logoutToken })).toEqual(invalid);
  expect(await patch({ 'X-CSRF-Token': agent.cookies.get('fe_typo_user')! })).toEqual(invalid);
  expect(await patch({ 'X-CSRF-Token': `${csrfToken}x`, 'Sec-Fetch-Site': 'same-origin' })).toEqual(invalid);
  const right = await agent.call(`/user/${user.id}`, { method: 'PATCH', body, headers: { 'X-CSRF-Token': csrfToken } });
  expect(right.status).toBe(200);
});

test('login_status is 1 or 0, as text', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const { agent } = await logInAs(gatehouse, 'user');
  const yes = await agent.get('/user/login_status?_format=json');
  expect([yes.status, yes.headers.get('content-type'), yes.text]).toEqual([200, 'text/plain', '1']);
  expect((await gatehouse.agent().get('/user/login_status?_format=json')).text).toBe('0');
});

test('the logout token ends the session: 204, no body, no type, the cookie expired', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const { agent, logoutToken } = await logInAs(gatehouse, 'user');
  const answer = await agent.post(`/user/logout?_format=json&token=${logoutToken}`, undefined);
  expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([204, '', null]);
  expect(agent.cookies.has('fe_typo_user')).toBe(false);
  expect((await agent.get('/user/login_status')).text).toBe('0');
  expect(gatehouse.eventsOf('logout')).toHaveLength(1);
});

test('without the right token a logout is refused, also for visitors', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const { agent, csrfToken, logoutToken } = await logInAs(gatehouse, 'user');
  const other = await logInAs(gatehouse, 'user');
  const missing = [403, "'csrf_token' URL query argument is missing."];
  const invalid = [403, "'csrf_token' URL query argument is invalid."];
  const post = async (query: string, client = agent, headers = {}) =>
    refusal(await client.post(`/user/logout${query}`, undefined, headers));
  expect(await post('')).toEqual(missing);
  expect(await post('?_format=json')).toEqual(missing);
  for (const wrong of ['', 'x', csrfToken, other.logoutToken, `${logoutToken}&token=${logoutToken}`])
    expect(await post(`?token=${wrong}`)).toEqual(invalid);
  expect(await post(`?token=${csrfToken}`, agent, { 'X-CSRF-Token': csrfToken })).toEqual(invalid);
  expect(await post('', agent, { 'X-CSRF-Token': logoutToken })).toEqual(missing);
  expect(await post('', gatehouse.agent())).toEqual(missing);
  expect(await post(`?token=${logoutToken}`, gatehouse.agent())).toEqual(invalid);
  expect((await agent.get('/user/login_status')).text).toBe('1');
});

test('a page that was loaded again logs out with X-CSRF-Token', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  expect((await agent.post('/user/logout', undefined, { 'X-CSRF-Token': csrfToken })).status).toBe(204);
});

test('wrong methods are 405 and say what is allowed, OPTIONS is 200', async () => {
  const gatehouse = await startTestGatehouse();
  const agent = gatehouse.agent();
  for (const path of ['/user/logout', '/user/logout?token=x', '/user/login', '/user/register', '/user/password']) {
    const answer = await agent.get(path);
    const [status, message] = refusal(answer);
    expect(status).toBe(405);
    expect(message).toContain(`No route found for "GET ${gatehouse.url}${path.split('?')[0]}"`);
    expect(answer.headers.get('allow')).toBe('POST, OPTIONS');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }
  const options = await agent.call('/user/login', { method: 'OPTIONS' });
  expect([options.status, options.headers.get('allow'), options.text]).toEqual([200, 'POST, OPTIONS', '']);
  const entity = await agent.call('/user/1', { method: 'OPTIONS' });
  expect(entity.headers.get('allow')).toBe('GET, HEAD, PATCH, DELETE, OPTIONS');
  expect((await agent.call('/session/token', { method: 'HEAD' })).status).toBe(200);
});

test('an unknown path is named as it was asked for', async () => {
  const gatehouse = await startTestGatehouse({ env: { PUBLIC_URL: 'https://login.example' } });
  const agent = gatehouse.agent();
  const unknown = [404, `No route found for "GET ${gatehouse.url}/user/nobody"`];
  expect(refusal(await agent.get('/user/nobody'))).toEqual(unknown);
  for (const path of ['/session', '/rest/x', '/entity/user', '/User/Nobody/x'])
    expect(refusal(await agent.get(path))[0]).toBe(404);
});

test('paths compare without case, a slash at the end does not count', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = gatehouse.agent();
  for (const path of ['/User/Login_Status', '/user/login_status/', '/USER/LOGIN_STATUS/'])
    expect((await agent.get(path)).text).toBe('0');
  expect((await agent.post('/User/Login/', { name: 'user', pass: rightPassword })).status).toBe(200);
});

test('other formats are not spoken', async () => {
  const gatehouse = await startTestGatehouse();
  const message = 'No route found for the specified format. Supported formats: json, xml.';
  for (const format of ['hal_json', 'html', '', 'JSON'])
    expect(refusal(await gatehouse.agent().get(`/user/login_status?_format=${format}`))).toEqual([406, message]);
});

test('a format that is asked for twice is refused', async () => {
  const gatehouse = await startTestGatehouse();
  const answer = await gatehouse.agent().post('/user/login?_format=json&_format=xml', {});
  expect(refusal(answer)[0]).toBe(406);
});

const xml = { 'Content-Type': 'application/xml' };

test('XML is spoken in both directions', async () => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser({ username: 'admin', admin: true });
  const agent = gatehouse.agent();
  const body = `<?xml version="1.0"?>\n<request><name>admin</name><pass>${rightPassword}</pass></request>`;
  const answer = await agent.post('/user/login?_format=xml', body, xml);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/xml; charset=utf-8']);
  expect(answer.text).toMatch(
    new RegExp(
      `^<\\?xml version="1.0"\\?>\\n<response><current_user><uid>${user.id}</uid><roles>authenticated</roles>` +
        '<roles>administrator</roles><name>admin</name></current_user><csrf_token>[\\w-]{43}</csrf_token>' +
        '<logout_token>[\\w-]{43}</logout_token></response>\\n$',
    ),
  );
  const entity = await agent.get(`/user/${user.id}?_format=xml`);
  expect(entity.text).toContain(`<response><uid><value>${user.id}</value></uid>`);
});

test('a refusal in XML, and XML that is refused', async () => {
  const gatehouse = await startTestGatehouse();
  const agent = gatehouse.agent();
  const message = async (body: string) => {
    const answer = await agent.post('/user/login?_format=xml', body, xml);
    expect(answer.headers.get('content-type')).toBe('text/xml; charset=utf-8');
    return [answer.status, /<response><message>(.*)<\/message>/.exec(answer.text)?.[1]];
  };
  const bomb = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r><name>&b;</name><pass>x</pass></r>';
  const file = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r><name>&f;</name><pass>x</pass></r>';
  for (const body of [bomb, file, '<r><name>', '{"name":"user"}', '<a>'.repeat(1000)])
    expect(await message(body)).toEqual([400, 'Syntax error']);
  expect(await message('')).toEqual([400, 'Missing credentials.']);
  expect(await message('<r/>')).toEqual([400, 'Missing credentials.']);
  expect(await message('<r><name>user</name></r>')).toEqual([400, 'Missing credentials.pass.']);
  expect(await message('<r><name>a</name><name>b</name><pass>x</pass></r>')).toEqual([
    400,
    'Unrecognized username or password.',
  ]);
});

test('an answer in XML may be asked for with a body in JSON where only JSON is written', async () => {
  const gatehouse = await startTestGatehouse();
  const body = { name: ['Bob'], mail: ['bob@example.org'], pass: ['correct horse'] };
  const answer = await gatehouse.agent().post('/user/register?_format=xml', body);
  expect(answer.status).toBe(200);
  expect(answer.text).toContain('<name><value>Bob</value></name>');
});
