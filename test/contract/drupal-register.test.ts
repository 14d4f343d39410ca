import { expect, test } from '@jest/globals';
import type { Answer } from '../support/agent.js';
import { startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { linkIn, logInAs, refusal } from '../support/drupal.js';
import { readMails } from '../support/mails.js';

const path = '/user/register?_format=json';
const bob = { name: [{ value: 'Bob' }], mail: [{ value: 'bob@example.org' }], pass: [{ value: 'correct horse' }] };
const failed = 'Unprocessable Entity: validation failed.\n';

async function register(gatehouse: TestGatehouse, body: unknown): Promise<Answer> {
  return gatehouse.agent().post(path, body, { 'Content-Type': 'application/json' });
}

/** The lines of a 422. */
async function lines(gatehouse: TestGatehouse, body: unknown): Promise<string> {
  const [status, message] = refusal(await register(gatehouse, body));
  expect([status, message.slice(0, failed.length)]).toEqual([422, failed]);
  return message.slice(failed.length);
}

test('one address can make so many users an hour and no more', async () => {
  const gatehouse = await startTestGatehouse();
  const { counters } = gatehouse.services.stores;
  expect((await register(gatehouse, bob)).headers.get('ratelimit')).toBe('"user_register";r=99;t=3600');
  const counter = counters.counter('throttle:user_register', 100, 3600);
  for (let used = 1; used < 100; used += 1) await counter.take('127.0.0.1');
  const refused = await register(gatehouse, { ...bob, name: ['Eve'], mail: ['eve@example.org'] });
  expect(refusal(refused)).toEqual([429, 'Too many requests. Try again later.']);
  expect(refused.headers.get('retry-after')).toBe('3600');
});

test('a visitor becomes a user, sees what visitors may see, gets no cookie and can log in at once', async () => {
  const gatehouse = await startTestGatehouse();
  const answer = await register(gatehouse, bob);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(answer.headers.getSetCookie()).toEqual([]);
  const time = [{ value: '2026-11-21T12:00:00+00:00', format: 'Y-m-d\\TH:i:sP' }];
  expect(answer.json).toEqual({
    uid: [{ value: expect.any(Number) }],
    uuid: [{ value: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
    langcode: [{ value: 'en' }],
    name: [{ value: 'Bob' }],
    created: time,
    changed: time,
    default_langcode: [{ value: true }],
  });
  expect((await logInAs(gatehouse, 'bob', 'correct horse')).uid).toMatch(/^\d+$/);
  expect(gatehouse.eventsOf('registered')).toMatchObject([{ approvalNeeded: false, verificationNeeded: false }]);
});

test('fields come in three shapes', async () => {
  const gatehouse = await startTestGatehouse();
  const shapes = [(value: string) => ({ value }), (value: string) => [{ value }], (value: string) => [value]];
  for (const [index, shape] of shapes.entries()) {
    const body = { name: shape(`bob${index}`), mail: shape(`bob${index}@example.org`), pass: shape('correct horse') };
    expect((await register(gatehouse, body)).status).toBe(200);
  }
});

test('where the body holds nothing there is nothing to register', async () => {
  const gatehouse = await startTestGatehouse();
  for (const body of ['', '{}', '[]', 'null', '"x"', '7'])
    expect(refusal(await register(gatehouse, body))).toEqual([400, 'No user account data for registration received.']);
});

test('the body is JSON and says so', async () => {
  const gatehouse = await startTestGatehouse();
  const post = async (type?: string) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    return refusal(await gatehouse.agent().call(path, { method: 'POST', body: Buffer.from('{'), headers }));
  };
  expect(await post()).toEqual([415, 'No "Content-Type" request header specified']);
  for (const type of ['text/plain', 'application/hal+json', 'application/x-www-form-urlencoded', 'application/jsonp'])
    expect(await post(type)).toEqual([415, `No route found that matches "Content-Type: ${type}"`]);
  expect(await post('application/json')).toEqual([400, 'Syntax error']);
  expect(await post('Application/JSON; charset=utf-8')).toEqual([400, 'Syntax error']);
});

test('whoever is logged in cannot register, once the token shows that it is them', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const { agent, csrfToken } = await logInAs(gatehouse, 'user');
  expect(refusal(await agent.post(path, bob))).toEqual([403, 'X-CSRF-Token request header is missing']);
  const answer = await agent.post(path, bob, { 'X-CSRF-Token': csrfToken });
  expect(refusal(answer)).toEqual([403, 'Only anonymous users can register a user.']);
});

test('where administrators make the users, visitors are refused', async () => {
  const gatehouse = await startTestGatehouse({ config: { drupal: { register: 'admin_only' } } });
  expect(refusal(await register(gatehouse, bob))).toEqual([403, 'You cannot register a new user account.']);
});

test('the permission can be taken from visitors', async () => {
  const gatehouse = await startTestGatehouse({ config: { roles: { anonymous: [] } } });
  const message = "The 'restful post user_registration' permission is required.";
  expect(refusal(await register(gatehouse, bob))).toEqual([403, message]);
});

test('a password is wanted, unless the address is proven first', async () => {
  const { name, mail } = bob;
  const without = [
    { name, mail },
    { name, mail, pass: [] },
    { name, mail, pass: [''] },
    { name, mail, pass: [null] },
  ];
  const gatehouse = await startTestGatehouse();
  for (const body of without) expect(refusal(await register(gatehouse, body))).toEqual([422, 'No password provided.']);
  const verifying = await startTestGatehouse({ config: { drupal: { verifyMail: true } } });
  const message = 'A Password cannot be specified. It will be generated on login.';
  expect(refusal(await register(verifying, bob))).toEqual([422, message]);
});

test('there are fields that nobody sets at registration, whatever else is wrong', async () => {
  const gatehouse = await startTestGatehouse();
  for (const field of ['uid', 'uuid', 'roles', 'status', 'created', 'access', 'login', 'init'])
    for (const value of [[{ [field === 'roles' ? 'target_id' : 'value']: '1' }], ['administrator'], []]) {
      const answer = await register(gatehouse, { ...bob, name: [''], [field]: value });
      expect(refusal(answer)).toEqual([403, `Access denied on creating field '${field}'.`]);
    }
  expect(await gatehouse.services.stores.users.count()).toBe(0);
});

test('nobody brings a hash of their own making', async () => {
  const gatehouse = await startTestGatehouse();
  for (const pre_hashed of [true, false, '1']) {
    const body = { ...bob, pass: [{ value: '$2y$04$x', pre_hashed }] };
    expect(refusal(await register(gatehouse, body))).toEqual([403, "Access denied on creating field 'pass'."]);
  }
});

test('fields and properties nobody knows, and bare values, are 422 without being validated', async () => {
  const gatehouse = await startTestGatehouse();
  const message = async (body: unknown) => refusal(await register(gatehouse, body));
  expect(await message({ ...bob, foo: [] })).toEqual([422, 'Field foo is unknown.']);
  expect(await message({ ...bob, constructor: [] })).toEqual([422, 'Field constructor is unknown.']);
  expect(await message(JSON.stringify(bob).replace('{', '{"__proto__":[],'))).toEqual([
    422,
    'Field __proto__ is unknown.',
  ]);
  expect(await message({ ...bob, name: [{ values: 'Bob' }] })).toEqual([422, 'Property values is unknown.']);
  for (const value of ['Bob', 5, true, null])
    expect(await message({ ...bob, name: value })).toEqual([
      422,
      'Field values for "name" must use an array structure',
    ]);
});

test('ten thousand fields cost nothing', async () => {
  const gatehouse = await startTestGatehouse({ config: { http: { bodyLimit: 1_000_000 } } });
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, [{ value: 'x' }]]));
  expect(refusal(await register(gatehouse, many))).toEqual([422, 'Field field0 is unknown.']);
});

const names: [unknown, string][] = [
  ['', 'name: You must enter a username.'],
  [null, 'name: You must enter a username.'],
  [' Bob', 'name: The username cannot begin with a space.'],
  ['Bob ', 'name: The username cannot end with a space.'],
  ['Bob  Miller', 'name: The username cannot contain multiple spaces in a row.'],
  ['Bob/Miller', 'name: The username contains an invalid character.'],
  ['Bob\u0000', 'name: The username contains an invalid character.'],
  ['Bob\n', 'name: The username contains an invalid character.'],
  ['Bob\u200b', 'name: The username contains an invalid character.'],
  ['Bob\u202e', 'name: The username contains an invalid character.'],
  ['Bob\u00ad', 'name: The username contains an invalid character.'],
  ['\u3164', 'name: The username contains an invalid character.'],
  ['Ｂｏｂ', 'name: The username contains an invalid character.'],
  ['<b>Bob</b>', 'name: The username contains an invalid character.'],
  ['Bob²', 'name: The username contains an invalid character.'],
  ['x'.repeat(61), `name: The username ${'x'.repeat(61)} is too long: it must be 60 characters or less.`],
  [{ x: 1 }, 'name.0.value: This value should be of the correct primitive type.'],
  [['Bob'], 'name.0.value: This value should be of the correct primitive type.'],
  [true, 'name.0.value: This value should be of the correct primitive type.'],
];

test('what is wrong with a name is said in one line', async () => {
  const gatehouse = await startTestGatehouse();
  for (const [value, line] of names)
    expect([value, await lines(gatehouse, { ...bob, name: [{ value }] })]).toEqual([value, `${line}\n`]);
  expect(await lines(gatehouse, { mail: bob.mail, pass: bob.pass })).toBe('name: You must enter a username.\n');
  expect(await lines(gatehouse, { ...bob, name: ['Bob', 'Rob'] })).toBe(
    'name: Name: this field cannot hold more than 1 values.\n',
  );
});

test('names are letters and digits of any script', async () => {
  const gatehouse = await startTestGatehouse();
  const fine = ['Bob', 'Ёлка 7', 'हिन्दी', '山田太郎', "O'Neil-Smith_a+b@c.d", 'x'.repeat(60), '4711'];
  for (const [index, name] of fine.entries()) {
    const answer = await register(gatehouse, { ...bob, name: [{ value: name }], mail: [`${index}@example.org`] });
    expect([name, answer.status]).toEqual([name, 200]);
  }
});

test('names and addresses are taken without case, all violations come together', async () => {
  const gatehouse = await startTestGatehouse();
  await register(gatehouse, bob);
  expect(await lines(gatehouse, { name: ['BOB'], mail: ['Bob@Example.ORG'], pass: ['short'] })).toBe(
    'name: The username BOB is already taken.\n' +
      'mail: The email address Bob@Example.ORG is already taken.\n' +
      'pass.0.value: This value is too short. It should have 8 characters or more.\n',
  );
});

const mails: [unknown, string][] = [
  ['', 'mail: Email field is required.'],
  ['nobody', 'mail.0.value: This value is not a valid email address.'],
  ['a@b,c@d', 'mail.0.value: This value is not a valid email address.'],
  ['Bob <bob@example.org>', 'mail.0.value: This value is not a valid email address.'],
  ['bob@example.org\nBcc: x@y', 'mail.0.value: This value is not a valid email address.'],
  [7, 'mail.0.value: This value is not a valid email address.'],
];

test('what is wrong with an address, a password, a language or a time zone is said in one line', async () => {
  const gatehouse = await startTestGatehouse();
  for (const [value, line] of mails)
    expect([value, await lines(gatehouse, { ...bob, mail: [{ value }] })]).toEqual([value, `${line}\n`]);
  expect(await lines(gatehouse, { ...bob, pass: ['password123'] })).toBe(
    'pass.0.value: This password is too common.\n',
  );
  expect(await lines(gatehouse, { ...bob, pass: [{ value: { a: 1 } }] })).toBe(
    'pass.0.value: This value should be of the correct primitive type.\n',
  );
  const choice = 'The value you selected is not a valid choice.';
  expect(await lines(gatehouse, { ...bob, timezone: ['Mars/Olympus'], preferred_langcode: ['<x>'] })).toBe(
    `preferred_langcode.0.value: ${choice}\ntimezone.0.value: ${choice}\n`,
  );
});

test('fifty registrations of one name at once make exactly one user', async () => {
  const gatehouse = await startTestGatehouse();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => register(gatehouse, { ...bob, mail: [`bob${index}@example.org`] })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const others = new Set(answers.filter(({ status }) => status !== 200).map(({ text }) => text));
  expect([...others]).toEqual([JSON.stringify({ message: `${failed}name: The username Bob is already taken.\n` })]);
  expect(await gatehouse.services.stores.users.count()).toBe(1);
});

test('with approval the user is stored blocked, and the site is told by mail', async () => {
  const gatehouse = await startTestGatehouse({
    config: { drupal: { register: 'visitors_admin_approval' }, mail: { siteAddress: 'Site <site@example.org>' } },
  });
  expect((await register(gatehouse, bob)).status).toBe(200);
  const login = await gatehouse.agent().post('/user/login', { name: 'Bob', pass: 'correct horse' });
  expect(refusal(login)).toEqual([400, 'The user has not been activated or is blocked.']);
  const [mail] = await readMails(gatehouse);
  expect(mail!.to).toEqual([{ name: '', address: 'site@example.org' }]);
  expect(mail!.text).toContain('Bob');
});

test('with verifyMail a link comes by mail; it activates the account and lets the password be set', async () => {
  const gatehouse = await startTestGatehouse({ config: { drupal: { verifyMail: true } } });
  const { name, mail } = bob;
  const answer = await register(gatehouse, { name, mail });
  const { uid } = answer.json as { uid: [{ value: number }] };
  const early = await gatehouse.agent().post('/user/login', { name: 'Bob', pass: '' });
  expect(refusal(early)).toEqual([400, 'The user has not been activated or is blocked.']);
  const [letter] = await readMails(gatehouse);
  const agent = gatehouse.agent();
  const login = await agent.post(linkIn(letter!.text!), undefined);
  expect(login.status).toBe(200);
  const { csrf_token } = login.json as { csrf_token: string };
  const patch = {
    method: 'PATCH',
    body: { pass: [{ value: 'correct horse' }] },
    headers: { 'X-CSRF-Token': csrf_token },
  };
  expect((await agent.call(`/user/${uid[0].value}`, patch)).status).toBe(200);
  expect((await logInAs(gatehouse, 'Bob', 'correct horse')).uid).toBe(String(uid[0].value));
});
