import { expect, test } from '@jest/globals';
import { changeUser } from '../../src/auth/users.js';
import { startTestGatehouse } from '../support/gatehouse.js';

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
