import { expect, test } from '@jest/globals';
import { addUser, changeUser } from '../../src/auth/users.js';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';

const origin = { address: 'test', userAgent: '', requestId: '' };

test.each([
  ['switched off', { disabled: true }],
  ['made an administrator', { admin: true }],
  ['put into a group', { groups: ['editors'] }],
])('a user who is %s has no session from before', async (_change, patch) => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  await changeUser(gatehouse.services, user, patch, 'test', origin);
  expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: false });
});

test('a change of the name leaves the sessions alone', async () => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser({ groups: ['editors'] });
  const agent = await gatehouse.loggedIn();
  await changeUser(gatehouse.services, user, { firstName: 'Ann', groups: ['editors'] }, 'test', origin);
  expect((await agent.get('/api/login/users/current')).json).toMatchObject([{ firstName: 'Ann' }]);
});

test.each([
  ['a name that is somebody’s address', { username: 'USER@example.com' }, ['username', 'taken']],
  ['an address that is somebody’s name', { email: 'o@name.example' }, ['email', 'taken']],
  ['a blank before the name', { username: ' eve' }, ['username', 'leading-space']],
  ['a blank after the name', { username: 'eve ' }, ['username', 'trailing-space']],
  ['a line feed in the name', { username: 'e\nve' }, ['username', 'invalid']],
  ['a comma in a group', { groups: ['a,b'] }, ['groups', 'invalid']],
  ['a group without a name', { groups: [''] }, ['groups', 'invalid']],
  ['a group of 101 letters', { groups: ['ü'.repeat(101)] }, ['groups', 'too-long']],
])('nobody is entered with %s', async (_what, request, [field, code]) => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  await gatehouse.addUser({ username: 'o@name.example', email: 'o@name.example' });
  const person = { username: 'eve', email: 'eve@example.com', password: rightPassword, ...request };
  await expect(addUser(gatehouse.services, person, 'test', origin)).rejects.toMatchObject({
    detail: { problems: [expect.objectContaining({ field, code })] },
  });
});

test('one’s own address may be one’s name, and a group that breaks lists is refused to those who are there too', async () => {
  const gatehouse = await startTestGatehouse();
  const user = await gatehouse.addUser({ username: 'user@example.com' });
  await changeUser(gatehouse.services, user, { email: 'USER@example.com' }, 'test', origin);
  const change = changeUser(gatehouse.services, user, { groups: ['a,b'] }, 'test', origin);
  await expect(change).rejects.toMatchObject({ reason: 'invalid-input' });
});
