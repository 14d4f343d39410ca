import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';

const run = promisify(execFile);

/** The published lines of Drupal's documentation, as the chapter "Moving from Drupal" has them, pasted one after the other. */
const lines = [
  'curl --request GET http://localhost:3000/session/token',
  `curl --header "Content-Type: application/json" \\
    --header "X-CSRF-Token: $(curl http://localhost:3000/session/token)" \\
    --request POST "http://localhost:3000/user/register?_format=json" \\
    --data '{"name": {"value": "thename123"}, "pass": {"value": "a pass phrase"}, "mail": {"value": "someone@example.com"}}'`,
  `curl --header "Content-type: application/json" -c cookie.txt \\
    --request POST "http://localhost:3000/user/login?_format=json" \\
    --data '{"name":"thename123", "pass":"a pass phrase"}' | tee login.json`,
  `curl --header "Content-type: application/json" -b cookie.txt \\
    --request GET "http://localhost:3000/user/login_status?_format=json"`,
  `curl --header "Content-type: application/json" -b cookie.txt \\
    --request POST "http://localhost:3000/user/logout?_format=json&token=$(sed 's/.*"logout_token":"//; s/".*//' login.json)"`,
  `curl -b cookie.txt "http://localhost:3000/user/login_status?_format=json"`,
];

test('the curl lines of Drupal’s documentation work as they are pasted', async () => {
  const gatehouse = await startTestGatehouse();
  const cwd = temporaryFolder();
  const paste = async (line: string) =>
    (await run('bash', ['-ec', line.replaceAll('http://localhost:3000', gatehouse.url)], { cwd })).stdout;
  const [token, registered, login, status, logout, after] = [
    await paste(lines[0]!),
    await paste(lines[1]!),
    await paste(lines[2]!),
    await paste(lines[3]!),
    await paste(lines[4]!),
    await paste(lines[5]!),
  ];
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(JSON.parse(registered)).toMatchObject({ uuid: [{ value: expect.stringMatching(/^[0-9a-f-]{36}$/) }] });
  expect(JSON.parse(login)).toMatchObject({ current_user: { name: 'thename123', roles: ['authenticated'] } });
  expect([status, logout, after]).toEqual(['1', '', '0']);
});
