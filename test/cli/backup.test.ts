import { expect, jest, test } from '@jest/globals';
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../support/agent.js';
import { gatehouse, said, serve } from '../support/command.js';
import { temporaryFolder } from '../support/gatehouse.js';
import { runHere } from '../support/run-here.js';
import { slowTest } from '../support/slow.js';

jest.setTimeout(60_000);

const login = '/api/login/logins/auth';
const authenticated = '/api/login/users/authenticated';

slowTest(
  'made while people log in, and put into an empty data folder with the secret, a backup serves what it held',
  async () => {
    const folder = temporaryFolder();
    const server = await serve(folder);
    const [, password] = await said(server, /password {2}(\S+)/);
    const agent = new Agent(server.url);
    const credentials = { username: 'user', password };
    await agent.post(login, credentials);
    const crowd = Array.from({ length: 20 }, () => new Agent(server.url).post(login, credentials));
    const made = await gatehouse(['backup', 'copy.sqlite'], { folder });
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('copy.sqlite holds var/gatehouse.sqlite as of now: 1 user'),
    });
    expect(made.stdout).toContain('Keep a copy of var/secret apart from it.');
    expect((await Promise.all(crowd)).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(statSync(join(folder, 'copy.sqlite')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.includes('copy'))).toEqual(['copy.sqlite']);
    await server.end('SIGKILL');

    const restored = temporaryFolder();
    mkdirSync(join(restored, 'var'));
    copyFileSync(join(folder, 'copy.sqlite'), join(restored, 'var', 'gatehouse.sqlite'));
    copyFileSync(join(folder, 'var', 'secret'), join(restored, 'var', 'secret'));
    const again = await serve(restored);
    const same = new Agent(again.url, { Cookie: `fe_typo_user=${agent.cookies.get('fe_typo_user')}` });
    expect((await same.get(authenticated)).json).toEqual({ authenticated: true });
    expect((await new Agent(again.url).post(login, credentials)).status).toBe(200);
    expect(again.output()).not.toContain('curl');
    await again.end('SIGTERM');
  },
);

test('overwrites nothing, and leaves nothing behind when it fails', async () => {
  const folder = temporaryFolder();
  const env = { DATA_DIR: join(folder, 'var') };
  const backup = (name: string) => runHere(['backup', join(folder, name)], env);
  await runHere(['migrate'], env);
  writeFileSync(join(folder, 'precious'), 'text');
  const stderr = `${join(folder, 'precious')} exists already; a backup overwrites nothing.\n`;
  expect(await backup('precious')).toEqual({ code: 1, stdout: '', stderr });
  expect(await backup('no/such/folder')).toMatchObject({ code: 1, stdout: '' });
  writeFileSync(join(folder, 'var', 'gatehouse.sqlite'), 'not a database '.repeat(1000));
  expect((await backup('copy')).stderr).toMatch(/^The backup could not be made: .*not a database/);
  expect(readdirSync(folder).sort()).toEqual(['precious', 'var']);
});

test.each([
  ['postgres', 'pg_dump --format=custom --file=house.dump --host=db.example --port=5433 --username=gate house'],
  [
    'mysql',
    'mariadb-dump --single-transaction --result-file=house.dump --host=db.example --port=5433 --user=gate house',
  ],
])('names the tool of %s, without the password', async (scheme, command) => {
  const env = { DATABASE_URL: `${scheme}://gate:open-sesame@db.example:5433/house` };
  const { code, stderr } = await runHere(['backup', 'house.dump'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(command);
  expect(stderr).not.toContain('sesame');
});
