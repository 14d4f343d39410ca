import { expect, test } from '@jest/globals';
import { startTestGatehouse, rightPassword, type TestGatehouse, type TestOptions } from '../support/gatehouse.js';
import { linkIn, logInAs, refusal } from '../support/drupal.js';
import { readMails } from '../support/mails.js';

const path = '/user/password?_format=json';
const unknown = [403, 'This one-time login link has already been used or is no longer valid. Request a new one.'];

async function withUser(options: TestOptions = {}) {
  const gatehouse = await startTestGatehouse({ ...options, config: { mail: { login: false }, ...options.config } });
  return { gatehouse, user: await gatehouse.addUser() };
}

/** The mails, once the wishes that were written down have been looked at. */
async function mails(gatehouse: TestGatehouse) {
  await gatehouse.worker.runDue();
  return readMails(gatehouse);
}

/** Asks for a link and answers its path. */
async function askedFor(gatehouse: TestGatehouse, body: unknown = { name: 'user' }): Promise<string> {
  const answer = await gatehouse.agent().post(path, body);
  expect([answer.status, answer.text]).toEqual([200, '']);
  const mail = (await mails(gatehouse)).at(-1);
  return linkIn(mail!.text!);
}

test('the answer is the same and empty, whoever is asked for; neither name nor mail is 400', async () => {
  const { gatehouse, user } = await withUser();
  await gatehouse.addUser({ username: 'blocked', email: 'blocked@example.com', disabled: true });
  const ask = async (body: unknown) => {
    const { status, text, headers } = await gatehouse.agent().post(path, body);
    return [status, text, headers.get('content-type'), headers.get('content-length')];
  };
  for (const body of [{ name: 'nobody' }, { mail: 'nobody@example.com' }, { name: 'blocked' }, { name: '' }])
    expect(await ask(body)).toEqual([200, '', null, '0']);
  expect(await mails(gatehouse)).toEqual([]);
  for (const body of [{}, [], null, { name: null }, { name: {} }, { mail: 5.5e300, name: true }])
    expect(refusal(await gatehouse.agent().post(path, JSON.stringify(body)))).toEqual([
      400,
      'Missing credentials.name or credentials.mail',
    ]);
  expect(await ask({ name: '  USER ', mail: 'blocked@example.com' })).toEqual([200, '', null, '0']);
  const sent = await mails(gatehouse);
  expect(sent.map(({ to }) => to?.[0]?.address)).toEqual([user.email]);
});

test('a mail address will do, and so will XML', async () => {
  const { gatehouse, user } = await withUser();
  const timestamp = gatehouse.clock.now() / 1000;
  const shape = new RegExp(`^/user/reset/${user.id}/${timestamp}/[\\w-]{43}$`);
  expect(await askedFor(gatehouse, { mail: ' User@Example.com ' })).toMatch(shape);
  const body = '<r><name>user</name></r>';
  const answer = await gatehouse.agent().post('/user/password?_format=xml', body);
  expect([answer.status, answer.text]).toEqual([200, '']);
  expect(await mails(gatehouse)).toHaveLength(2);
});

test('opening the link shows a page and uses nothing up; posting logs in, once', async () => {
  const { gatehouse, user } = await withUser();
  const link = await askedFor(gatehouse);
  for (let time = 0; time < 2; time += 1) {
    const page = await gatehouse.agent().get(link, { Accept: 'text/html' });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain(`action="${link}?page=one-time-login-page"`);
  }
  const agent = gatehouse.agent();
  const answer = await agent.post(link, undefined);
  expect(answer.json).toMatchObject({ current_user: { uid: String(user.id) } });
  expect((await agent.get('/user/login_status')).text).toBe('1');
  expect(refusal(await gatehouse.agent().post(link, undefined))).toEqual(unknown);
});

test('whoever came by the link sets the password without the old one, but not the address, and only once', async () => {
  const { gatehouse, user } = await withUser();
  const agent = gatehouse.agent();
  const login = await agent.post(await askedFor(gatehouse), undefined);
  let token = (login.json as { csrf_token: string }).csrf_token;
  const patch = (body: unknown) =>
    agent.call(`/user/${user.id}`, { method: 'PATCH', body, headers: { 'X-CSRF-Token': token } });
  expect((await patch({ mail: ['new@example.com'] })).status).toBe(422);
  expect((await patch({ pass: [{ value: 'a new and longer one' }] })).status).toBe(200);
  token = (await agent.get('/session/token')).text;
  expect((await patch({ pass: [{ value: 'yet another one' }] })).status).toBe(422);
  await logInAs(gatehouse, 'user', 'a new and longer one');
});

test('the form of the page sets it in one step; a weak one is refused and leaves the link alone', async () => {
  const { gatehouse } = await withUser();
  const link = await askedFor(gatehouse);
  const agent = gatehouse.agent({ Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' });
  const weak = await agent.post(`${link}?page=one-time-login-page`, 'password=short');
  expect([weak.status, weak.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8']);
  const answer = await agent.post(`${link}?page=one-time-login-page`, 'password=a+new+and+longer+one');
  expect(answer.status).toBe(303);
  expect((await agent.get('/user/login_status')).text).toBe('1');
  await logInAs(gatehouse, 'user', 'a new and longer one');
  const used = await agent.post(`${link}?page=one-time-login-page`, '');
  expect([used.status, used.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8']);
});

test('of fifty who post the link at once one gets in', async () => {
  const { gatehouse } = await withUser();
  const link = await askedFor(gatehouse);
  const answers = await Promise.all(Array.from({ length: 50 }, () => gatehouse.agent().post(link, undefined)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('the link lives 24 hours', async () => {
  const { gatehouse } = await withUser();
  const link = await askedFor(gatehouse);
  gatehouse.clock.advance({ hours: 24 });
  const expired = [403, 'This one-time login link has expired. Request a new one.'];
  expect(refusal(await gatehouse.agent().post(link, undefined))).toEqual(expired);
});

test('it is dead after a login of either family, another password, another address, and a newer link', async () => {
  const { gatehouse, user } = await withUser();
  const { users } = gatehouse.services.stores;
  const dies = async (act: () => Promise<unknown>) => {
    const link = await askedFor(gatehouse);
    await act();
    expect(refusal(await gatehouse.agent().post(link, undefined))).toEqual(unknown);
  };
  await dies(() => logInAs(gatehouse, 'user'));
  await dies(() => gatehouse.loggedIn());
  await dies(() => users.update(user.id, { email: 'new@example.com' }));
  gatehouse.clock.advance({ hours: 7 });
  await dies(() => askedFor(gatehouse));
  await dies(async () => users.update(user.id, { passwordHash: await gatehouse.services.passwords.hash('another') }));
});

test('another user’s id, another time or another token is no link', async () => {
  const { gatehouse, user } = await withUser();
  const other = await gatehouse.addUser({ username: 'other', email: 'other@example.com' });
  const [, , , id, time, token] = (await askedFor(gatehouse)).split('/');
  for (const wrong of [`${other.id}/${time}/${token}`, `${id}/${Number(time) + 1}/${token}`, `${id}/${time}/${token}x`])
    expect(refusal(await gatehouse.agent().post(`/user/reset/${wrong}`, undefined))).toEqual(unknown);
  expect((await gatehouse.agent().post(`/user/reset/${user.id}/${time}/${token}`, undefined)).status).toBe(200);
});

test('a link does not let a blocked user in', async () => {
  const { gatehouse, user } = await withUser();
  const link = await askedFor(gatehouse);
  await gatehouse.services.stores.users.update(user.id, { disabled: true });
  expect(refusal(await gatehouse.agent().post(link, undefined))).toEqual(unknown);
});

test('asking is limited like logging in, on counters of its own', async () => {
  const { gatehouse } = await withUser({ config: { drupal: { flood: { ipLimit: 7 } } } });
  const ask = (body: unknown) => gatehouse.agent().post(path, body);
  for (let time = 0; time < 5; time += 1) expect((await ask({ name: 'user' })).status).toBe(200);
  const sixth = await ask({ name: 'User' });
  expect(refusal(sixth)[1]).toBe(
    'Too many failed login attempts from your IP address. This IP address is temporarily blocked.',
  );
  expect(sixth.headers.get('retry-after')).toBe('21600');
  for (let time = 0; time < 2; time += 1) expect((await ask({ name: `nobody${time}` })).status).toBe(200);
  expect(refusal(await ask({ name: 'nobody' }))).toEqual([
    403,
    'Access is blocked because of IP based flood prevention.',
  ]);
  expect((await gatehouse.agent().post('/user/login', { name: 'user', pass: rightPassword })).status).toBe(200);
});
