import { expect, test } from '@jest/globals';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { runHere } from '../support/run-here.js';

test('the link that the command prints makes an account of the running server', async () => {
  const dataDir = temporaryFolder();
  const server = await startTestGatehouse({ dataDir });
  const args = ['one-time', 'create', '--group', 'press', '--group', 'guests', '--minutes', '30', '--json'];
  const { stdout } = await runHere(args, server.env);
  const { url, minutes } = JSON.parse(stdout) as { url: string; minutes: number };
  expect(minutes).toBe(30);
  const agent = server.agent();
  const { pathname } = new URL(url);
  expect((await agent.get(pathname)).status).toBe(302);
  expect((await agent.post(pathname, {})).status).toBe(200);
  const [user] = (await agent.get('/api/login/users/current')).json as [{ uid: number; endtime: number }];
  expect(user.endtime).toBe(server.clock.now() / 1000 + 30 * 60);
  const stored = await server.services.stores.users.findById(user.uid);
  expect(stored!.groups.map(({ name }) => name)).toEqual(['press', 'guests']);
});

test('for people it says how long the link and the account live; slips are told', async () => {
  const env = { DATA_DIR: temporaryFolder() };
  const made = await runHere(['one-time', 'create'], env);
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(
    /^http:\/\/localhost:3000\/api\/login\/users\/one-time-account\/[\w-]{43}\nIt can be used once, until .*60 minutes\.\n$/,
  );
  expect(await runHere(['one-time', 'create', '--minutes', 'an hour'], env)).toMatchObject({ code: 2 });
  const unknown = await runHere(['one-time', 'create', '--group', '99'], env);
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/group/) });
});
