import { expect, test } from '@jest/globals';
import { setPassword } from '../../src/auth/users.js';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { runHere } from '../support/run-here.js';

const origin = { address: 'command line', userAgent: '', requestId: '' };

test('what happened is listed, asked for and proven to be as it was written', async () => {
  const dataDir = temporaryFolder();
  const server = await startTestGatehouse({ dataDir });
  const user = await server.addUser();
  server.clock.advance({ minutes: 5 });
  await setPassword(server.services, user, 'another good secret', 'command', origin);
  await server.services.tell.settled();
  const audit = (...args: string[]) => runHere(['audit', ...args], server.env);

  const all = await audit();
  expect(all.stdout).toMatch(
    /time +event +user +from +details\n[\s\S]*userCreated +user [\s\S]*passwordChanged +user /,
  );
  const some = await audit('--user', 'USER', '--type', 'passwordChanged', '--since', '2026-11-21T12:01Z', '--json');
  expect(JSON.parse(some.stdout)).toMatchObject([{ type: 'passwordChanged', detail: { by: 'command' } }]);
  expect(JSON.parse((await audit('--since', '2026-11-21T12:06Z', '--json')).stdout)).toEqual([]);
  expect(JSON.parse((await audit('--limit', '1', '--json')).stdout)).toMatchObject([{ type: 'passwordChanged' }]);

  expect(await audit('verify')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 lines are as/) });
  await server.query(`update audit set username = 'other' where id = 1`);
  expect(await audit('verify')).toMatchObject({ code: 1, stderr: expect.stringMatching(/line 1 was changed/) });
});

test.each([
  [['--since', 'yesterday'], 2, /30m, 12h or 7d/],
  [['--limit', '0'], 2, /whole number/],
  [['--user', 'nobody'], 1, /There is no user "nobody"/],
])('%j is wrong use or has no answer', async (args, code, message) => {
  const finished = await runHere(['audit', ...args], { DATA_DIR: temporaryFolder() });
  expect(finished.code).toBe(code);
  expect(finished.stderr).toMatch(message);
});
