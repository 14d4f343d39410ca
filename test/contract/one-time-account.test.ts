import { describe, expect, test } from '@jest/globals';
import { createOneTimeAccount, groupNames } from '../../src/auth/one-time-account.js';
import { sweep } from '../../src/auth/sweep.js';
import { startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { changed } from '../support/links.js';

const html = { Accept: 'text/html' };
const origin = { address: 'test', userAgent: '', requestId: '' };
const notFound = { status: 404, json: { error: 'Not found.' } };

async function makeLink(gatehouse: TestGatehouse, minutes = 60, groups = ['visitors']): Promise<string> {
  const { url } = await createOneTimeAccount(gatehouse.services, { groups, minutes }, 'test', origin);
  expect(url).toMatch(/^http:\/\/localhost:3000\/api\/login\/users\/one-time-account\/[\w-]{43}$/);
  return new URL(url).pathname;
}

describe('a one-time account', () => {
  test('its link leads to a page with one click; opening both consumes nothing', async () => {
    const gatehouse = await startTestGatehouse();
    const link = await makeLink(gatehouse);
    const hash = link.split('/').at(-1)!;
    for (const headers of [html, {}]) {
      const answer = await gatehouse.agent().get(link, headers);
      expect(answer.status).toBe(302);
      const page = answer.headers.get('location')!;
      expect(page).toBe(`/login/one-time-account?token=${hash}`);
      const shown = await gatehouse.agent().get(page, html);
      expect(shown).toMatchObject({ status: 200 });
      expect(shown.text.replaceAll(/\s+/g, ' ')).toContain(`<form method="post" action="${link}`);
      expect(shown.headers.getSetCookie()).toEqual([]);
    }
    expect((await gatehouse.agent().call(link, { method: 'HEAD' })).status).toBe(302);
    expect(await gatehouse.services.stores.users.count()).toBe(0);
  });

  // (ASVS 6.4.1)
  test('the click makes a user in the groups, logs in, and works once', async () => {
    const gatehouse = await startTestGatehouse({ config: { redirects: { afterLogin: '/home' } } });
    const link = await makeLink(gatehouse, 90, ['visitors', 'press']);
    const agent = gatehouse.agent();
    const answer = await agent.post(link, {});
    expect(answer).toMatchObject({ status: 200, json: { redirect: 'http://localhost:3000/home' } });
    const endtime = gatehouse.clock.now() / 1000 + 90 * 60;
    expect((await agent.get('/api/login/users/current')).json).toMatchObject([{ email: '', endtime }]);
    const [user] = await gatehouse.services.stores.users.list({});
    expect(user).toMatchObject({
      generated: true,
      passwordHash: '',
      groups: [{ name: 'visitors' }, { name: 'press' }],
    });
    expect(await agent.post(link, {})).toMatchObject(notFound);
    expect(await agent.get(link)).toMatchObject(notFound);
    expect(gatehouse.eventsOf('oneTimeAccountUsed')).toMatchObject([{ by: 'test', userId: user!.id }]);
    expect(gatehouse.eventsOf('login')).toMatchObject([{ factor: 'one-time-account' }]);
  });

  test('of parallel clicks one wins', async () => {
    const gatehouse = await startTestGatehouse();
    const link = await makeLink(gatehouse);
    const answers = await Promise.all(Array.from({ length: 10 }, () => gatehouse.agent().post(link, {})));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expect(answer).toMatchObject(notFound);
    expect(await gatehouse.services.stores.users.count()).toBe(1);
  });

  test('has no password that could be guessed, and ends with its time, session included', async () => {
    const gatehouse = await startTestGatehouse();
    const agent = gatehouse.agent();
    await agent.post(await makeLink(gatehouse, 30), {});
    const [{ username }] = (await agent.get('/api/login/users/current')).json as [{ username: string }];
    for (const password of ['x', username, 'undefined', 'null']) {
      const answer = await gatehouse.agent().post('/api/login/logins/auth', { username, password });
      expect(answer.json).toEqual({ errors: { password: ['Password is invalid'] } });
    }
    gatehouse.clock.advance({ minutes: 30 });
    expect((await agent.get('/api/login/users/current')).status).toBe(401);
  });

  // (ASVS 14.2.7)
  test('is swept after its end; other users whose time has ended are not', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser({ endtime: gatehouse.clock.now() / 1000 + 60 });
    await gatehouse.agent().post(await makeLink(gatehouse, 30), {});
    expect((await sweep(gatehouse.services)).oneTimeAccounts).toBe(0);
    gatehouse.clock.advance({ minutes: 31 });
    expect((await sweep(gatehouse.services)).oneTimeAccounts).toBe(1);
    expect((await gatehouse.services.stores.users.list({})).map(({ username }) => username)).toEqual(['user']);
  });

  test.each(['unknown', 'changed', 'expired', 'of another purpose'])('a hash that is %s is not found', async (what) => {
    const gatehouse = await startTestGatehouse({ config: { oneTimeAccounts: { linkHours: 1 } } });
    const link = await makeLink(gatehouse);
    await gatehouse.addUser();
    await gatehouse.agent().post('/api/login/magic-link', { email: 'user@example.com' });
    const { mailedToken } = await import('../support/links.js');
    const base = '/api/login/users/one-time-account';
    const paths: Record<string, string> = {
      unknown: `${base}/x`,
      changed: changed(link),
      expired: link,
      'of another purpose': `${base}/${await mailedToken(gatehouse, '/login/magic-link')}`,
    };
    if (what === 'expired') gatehouse.clock.advance({ hours: 1 });
    expect(await gatehouse.agent().get(paths[what]!)).toMatchObject(notFound);
    expect(await gatehouse.agent().post(paths[what]!, {})).toMatchObject(notFound);
    expect(await gatehouse.services.stores.users.count()).toBe(1);
  });

  test('a browser with a dead hash goes where the operator wants', async () => {
    const config = { redirects: { error: { whenOneTimeAccountHashNotFound: '/sorry' } } };
    const gatehouse = await startTestGatehouse({ config });
    const answer = await gatehouse.agent().get('/api/login/users/one-time-account/x', html);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('http://localhost:3000/sorry');
    expect(await gatehouse.agent().get('/api/login/users/one-time-account/x')).toMatchObject(notFound);
  });

  test('the middleware account-hash lets only a live hash through', async () => {
    const routes = [
      'login_users-one_time_account: { path: "/once/{hash}", handler: one-time-account, middleware: [account-hash] }',
      'guarded: { path: "/guarded/{hash}", handler: ping, middleware: [account-hash] }',
      'other: { path: "/other/{token}", handler: ping, middleware: ["account-hash:token"] }',
    ].join('\n');
    const gatehouse = await startTestGatehouse({ routes });
    const { url } = await createOneTimeAccount(gatehouse.services, { groups: [], minutes: 5 }, 'test', origin);
    const hash = url.split('/').at(-1)!;
    expect((await gatehouse.agent().get(`/guarded/${hash}`)).json).toEqual({ status: 'pong' });
    expect((await gatehouse.agent().get(`/other/${hash}`)).json).toEqual({ status: 'pong' });
    expect(await gatehouse.agent().get(`/guarded/${changed(hash)}`)).toMatchObject(notFound);
  });

  test('groups are named by id or name; an unknown id is refused', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser({ groups: ['editors'] });
    const [editors] = await gatehouse.services.stores.users.groups();
    expect(await groupNames(gatehouse.services, [String(editors!.id), 'new'])).toEqual(['editors', 'new']);
    await expect(groupNames(gatehouse.services, ['999'])).rejects.toThrow('invalid-input');
  });
});
