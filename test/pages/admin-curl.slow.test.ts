import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { rightPassword, startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { giveUpAMail } from '../support/mails.js';
import { shippedRoutes } from '../support/shipped.js';

const run = promisify(execFile);
const ajv = new Ajv({ allowUnionTypes: true });

/**
 * All that an administrator can do, by curl. Each line ends with the status and method and path of what it called, so that
 * the test can say which route was left out.
 */
const script = `
say() { printf '%s %s %s\\n' "$1" "$2" "$3"; }
call() { # METHOD PATH [JSON]
  status=$(curl -s -b jar -c jar -o answer.json -w '%{http_code}' -X "$1" "$URL$2" -H 'Content-Type: application/json' \${3:+-d "$3"})
  say "$status" "$1" "$2"
  cat answer.json >> answers; echo >> answers
}
field() { grep -o "\\"$1\\":\\"\\?[^\\",}]*" answer.json | head -1 | sed 's/^[^:]*://; s/^"//'; }

call POST /api/login/logins/auth '{"username":"root","password":"${rightPassword}"}'
call POST /api/admin/users '{"username":"newcomer","email":"new@example.com","groups":"editors"}'
id=$(field id)
call GET '/api/admin/users?search=newcomer&limit=1'
call GET /api/admin/users/$id
version=$(field version)
call PATCH /api/admin/users/$id "{\\"firstName\\":\\"Nell\\",\\"version\\":\\"$version\\"}"
call POST /api/admin/users/$id '{"lastName":"Comer"}'
call POST /api/admin/users/$id/unlock
call POST /api/admin/users/$id/disable
call POST /api/admin/users/$id/enable
call POST /api/admin/users/$id/reset-link
call POST /api/login/users/terminate/$id
call POST /api/admin/one-time-accounts '{"groups":"guests","minutes":30}'
call GET /api/admin/sessions
call POST /api/admin/sessions/$(grep -o '"2[.][^"]*' answer.json | tr -d '"')/end
call GET '/api/admin/audit?type=login&limit=5'
call GET '/api/admin/mails?state=dead'
mail=$(field id)
call GET /api/admin/mails/$mail
call POST /api/admin/mails/$mail/retry
call GET /api/admin/throttles
call POST /api/admin/throttles/lift "{\\"name\\":\\"$(field name)\\",\\"key\\":\\"$(field key)\\"}"
call GET /api/admin/figures
call GET /api/admin/routes
call POST /api/admin/routes/routes_ping/preview '{"enabled":false}'
call POST /api/admin/routes/routes_ping "{\\"enabled\\":false,\\"version\\":\\"$(field version)\\"}"
call POST /api/login/users/simulate/anna
call POST /api/login/logins/logout
call POST /api/admin/users/$id/delete
`;

test('a script does all that an administrator can do, by curl alone, and is answered as the API document says', async () => {
  const gatehouse = await startTestGatehouse({ routes: shippedRoutes });
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  await gatehouse.addUser({ username: 'anna', email: 'anna@example.com' });
  await gatehouse.loggedIn('anna');
  await giveUpAMail(gatehouse, 'mailbox unavailable');
  for (let attempt = 0; attempt < 51; attempt += 1)
    await gatehouse.agent().post('/api/login/magic-link', { email: 'nobody@example.com' });
  const env = { ...process.env, URL: gatehouse.url, NODE_OPTIONS: '' };
  const cwd = temporaryFolder();
  const { stdout } = await run('bash', ['-euc', script], { cwd, env });
  const calls = stdout.trim().split('\n');
  expect(calls.filter((line) => !line.startsWith('200 '))).toEqual([]);
  const called = calls.map((line) => line.split(' ').slice(1) as [string, string]);
  const table = gatehouse.table();
  const bodies = readFileSync(join(cwd, 'answers'), 'utf8').trim().split('\n');
  const reached = called.map(([method, path], index) => {
    const found = table.match(method, path.split('?')[0]!, { host: 'localhost', scheme: 'http' } as never);
    if (found.kind !== 'found') return path;
    const { entry, handler } = found.route;
    const documented = handler.answers?.find(({ status }) => status === 200)?.schema;
    const fits = entry.path.startsWith('/api/admin/') ? ajv.validate(documented!, JSON.parse(bodies[index]!)) : true;
    expect([path, fits, ajv.errorsText()]).toEqual([path, true, 'No errors']);
    return entry.name;
  });
  const administration = table.routes.filter(({ entry }) => entry.path.startsWith('/api/admin/'));
  expect(administration.map(({ entry }) => entry.name).filter((name) => !reached.includes(name))).toEqual([]);
});
