import { expect, test } from '@jest/globals';
import { startSweeper } from '../../src/auth/sweep.js';
import type { Services } from '../../src/auth/services.js';
import { setPassword } from '../../src/auth/users.js';
import type { OutboxMailer } from '../../src/mail/mailer.js';
import { FrozenClock } from '../support/clock.js';
import { startTestGatehouse, temporaryFolder, type TestGatehouse, type TestOptions } from '../support/gatehouse.js';
import { startMailServer } from '../support/mail-server.js';

const authenticated = '/api/login/users/authenticated';
const login = '/api/login/logins/auth';
const origin = { address: 'test', userAgent: '', requestId: '' };

/** Two servers behind a balancer that sends each request to either. */
async function twoNodes(options: TestOptions = {}): Promise<[TestGatehouse, TestGatehouse]> {
  const both = { ...options, clock: new FrozenClock(), dataDir: temporaryFolder() };
  const first = await startTestGatehouse(both);
  return [first, await startTestGatehouse(both)];
}

/** Logged in at the first, and known to the second so well that it may remember. */
async function knownToBoth([here, there]: [TestGatehouse, TestGatehouse]) {
  const user = await here.addUser();
  const agent = await here.loggedIn();
  const elsewhere = there.agent();
  for (const [name, value] of agent.cookies) elsewhere.cookies.set(name, value);
  for (let times = 0; times < 3; times += 1)
    expect((await elsewhere.get(authenticated)).json).toEqual({ authenticated: true });
  return { user, agent, elsewhere };
}

test('a login at one node is seen by the next request at another, and so is its logout', async () => {
  const { agent, elsewhere } = await knownToBoth(await twoNodes());
  await agent.get('/api/login/logins/logout');
  expect((await elsewhere.get(authenticated)).json).toEqual({ authenticated: false });
});

test.each<[string, (node: TestGatehouse, id: number) => Promise<unknown>]>([
  ['whose sessions an administrator closes', ({ services }, id) => services.stores.sessions.deleteOfUser(id)],
  ['who is blocked', ({ services }, id) => services.stores.users.update(id, { disabled: true })],
  ['who is deleted', ({ services }, id) => services.stores.users.delete(id)],
  [
    'whose password is changed',
    async ({ services }, id) =>
      setPassword(services, (await services.stores.users.findById(id))!, 'another good secret', 'command', origin),
  ],
])('a user %s at one node is out at the next request to another', async (_what, act) => {
  const nodes = await twoNodes();
  const { user, elsewhere } = await knownToBoth(nodes);
  await act(nodes[0], user.id);
  expect((await elsewhere.get(authenticated)).json).toEqual({ authenticated: false });
});

test('wrong passwords count together, whichever node they are tried at', async () => {
  const nodes = await twoNodes();
  const attempt = (node: TestGatehouse) => node.agent().post(login, { username: 'nobody', password: 'wrong' });
  const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => attempt(nodes[index % 2]!)));
  expect(answers.filter(({ status }) => status === 422)).toHaveLength(50);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
});

test('each mail is sent by one of the nodes that are looking for some', async () => {
  const post = await startMailServer();
  const [here, there] = await twoNodes({ env: { SMTP_URL: post.url } });
  const mailers = [here, there].map(({ services }) => services.mailer as OutboxMailer);
  const user = { username: 'anna', firstName: 'Anna', lastName: '', name: '', language: 'en' };
  const letter = (to: string) => ({ template: 'test', to, user, values: {} });
  const names = Array.from({ length: 30 }, (_, index) => `anna${index}@example.org`);
  await Promise.all(names.map((to) => mailers[0]!.post(letter(to))));
  while (post.mails.length < names.length) await Promise.all(mailers.map((mailer) => mailer.flush()));
  for (const mailer of mailers) await mailer.flush();
  expect(post.mails).toHaveLength(names.length);
  expect(new Set(post.mails.map(({ to }) => to![0]!.address))).toEqual(new Set(names));
  await post.close();
});

test('one node sweeps at a time; when it is gone another one does', async () => {
  const nodes = await twoNodes();
  const swept = [0, 0];
  const sweepers = nodes.map(({ services }, index) =>
    startSweeper(
      counting(services, () => (swept[index]! += 1)),
      5,
    ),
  );
  const turns = async (index: number) => {
    const begun = swept[index]!;
    while (swept[index]! < begun + 3) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const first = await Promise.race([turns(0).then(() => 0), turns(1).then(() => 1)]);
  const second = 1 - first;
  expect(swept[second]).toBe(0);
  clearInterval(sweepers[first]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(swept[second]).toBe(0);
  nodes[0].clock.advance({ minutes: 1 });
  await turns(second);
  clearInterval(sweepers[second]);
});

function counting(services: Services, count: () => void): Services {
  const { sessions } = services.stores;
  const sweep: typeof sessions.sweep = (now, limit) => {
    count();
    return sessions.sweep(now, limit);
  };
  return { ...services, stores: { ...services.stores, sessions: { ...sessions, sweep } } };
}
