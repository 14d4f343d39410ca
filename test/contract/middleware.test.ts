import { describe, expect, test } from '@jest/globals';
import { startTestGatehouse } from '../support/gatehouse.js';

const login = `login: { path: /api/login/logins/auth, methods: POST, handler: login }`;

/** A route guarded by one middleware, beside the login. */
function guarded(middleware: string, path = '/guarded'): string {
  return `${login}\nguarded: { path: '${path}', handler: ping, middleware: ['${middleware}'] }`;
}

describe('group', () => {
  test.each([
    ['group:editors', 200],
    ['group:1', 200],
    ['group:7,editors', 200],
    ['group:writers', 403],
    ['group:2', 403],
  ])('%s answers a member of editors (1) with %i', async (middleware, status) => {
    const gatehouse = await startTestGatehouse({ routes: guarded(middleware) });
    await gatehouse.addUser({ groups: ['editors'] });
    const answer = await (await gatehouse.loggedIn()).get('/guarded');
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.text).toBe('{"error":"User does not belong to required group."}');
  });

  test('nobody in particular is refused, and the administrators configured for an extension pass', async () => {
    const config = { routes: { extensions: { tx_demo: { adminUsers: ['user'], adminGroups: [] } } } };
    const gatehouse = await startTestGatehouse({ routes: guarded('group:5,tx_demo'), config });
    await gatehouse.addUser();
    expect((await gatehouse.agent().get('/guarded')).status).toBe(403);
    expect((await (await gatehouse.loggedIn()).get('/guarded')).status).toBe(200);
  });
});

describe('owner', () => {
  test.each([
    ['/users/1', 200],
    ['/users/2', 403],
    ['/users/01', 403],
  ])('of a parameter in the path: %s answers the user 1 with %i', async (path, status) => {
    const gatehouse = await startTestGatehouse({ routes: guarded('owner:user', '/users/{user}') });
    await gatehouse.addUser();
    const answer = await (await gatehouse.loggedIn()).get(path);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.text).toBe('{"error":"User is not a resource owner."}');
  });

  test.each([
    ['?user=1', 200],
    ['', 403],
    ['?user=1&user=2', 403],
    ['?user=2', 403],
  ])('of a query parameter: %s answers the user 1 with %i', async (query, status) => {
    const gatehouse = await startTestGatehouse({
      routes: `${login}\nguarded: { path: /guarded, handler: ping, middleware: ['owner:user'], defaults: { user: null } }`,
    });
    await gatehouse.addUser();
    expect((await (await gatehouse.loggedIn()).get(`/guarded${query}`)).status).toBe(status);
  });

  const inBody = 'body: { properties: { user: { type: [string, integer] } } }';
  test.each([
    ['', { user: 1 }, inBody, 200],
    ['', { user: '1' }, inBody, 200],
    ['?user=1', { user: 2 }, inBody, 403],
    ['?user=1', {}, inBody, 403],
    ['', { user: [1] }, inBody, 403],
    ['?user=1', { user: 1 }, `query: { properties: { user: { type: string } } }, ${inBody}`, 200],
    ['?user=1', { user: 2 }, `query: { properties: { user: { type: string } } }, ${inBody}`, 403],
    ['?user=2', { user: 1 }, `query: { properties: { user: { type: string } } }, ${inBody}`, 403],
  ])('of a parameter where it is declared: "%s" with %j under %s answers the user 1 with %i', async (...row) => {
    const [query, body, declared, status] = row;
    const gatehouse = await startTestGatehouse({
      routes: `${login}\nguarded: { path: /guarded, methods: POST, handler: ping, middleware: ['owner:user'], ${declared} }`,
    });
    await gatehouse.addUser();
    expect((await (await gatehouse.loggedIn()).post(`/guarded${query}`, body)).status).toBe(status);
  });
});

test('admin lets administrators through and nobody else, from the next request on', async () => {
  const gatehouse = await startTestGatehouse({ routes: guarded('admin') });
  const user = await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  expect(await agent.get('/guarded')).toMatchObject({ status: 403, text: '{"error":"Admin user is required."}' });
  await gatehouse.services.stores.users.update(user.id, { admin: true });
  expect((await agent.get('/guarded')).status).toBe(200);
});

test('guest lets only those through who are not logged in', async () => {
  const gatehouse = await startTestGatehouse({ routes: guarded('guest') });
  await gatehouse.addUser();
  expect((await gatehouse.agent().get('/guarded')).status).toBe(200);
  expect(await (await gatehouse.loggedIn()).get('/guarded')).toMatchObject({
    status: 403,
    text: '{"error":"User is already authenticated"}',
  });
});

test('csrf alone lets a visitor through; together with authenticate it guards', async () => {
  const gatehouse = await startTestGatehouse({ routes: guarded('csrf') });
  await gatehouse.addUser();
  expect((await gatehouse.agent().get('/guarded', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(200);
  const agent = await gatehouse.loggedIn();
  expect((await agent.get('/guarded', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(401);
});

test('under csrf.require: token a request without one is refused unless the browser says same-origin', async () => {
  const gatehouse = await startTestGatehouse({ routes: guarded('auth'), config: { csrf: { require: 'token' } } });
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  expect(await agent.get('/guarded')).toMatchObject({ status: 401, text: '{"error":"CSRF token mismatch."}' });
  expect((await agent.get('/guarded', { 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200);
  expect((await agent.get('/guarded', { 'X-XSRF-TOKEN': agent.cookies.get('XSRF-TOKEN')! })).status).toBe(200);
});
