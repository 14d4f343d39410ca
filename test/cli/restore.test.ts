import { expect, test } from '@jest/globals';
import Database from 'libsql';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { runHere } from '../support/run-here.js';

test('a backup goes into an empty database, and never into one that holds something', async () => {
  const folder = temporaryFolder();
  const server = await startTestGatehouse({ dataDir: join(folder, 'var'), env: { DATABASE_URL: '' } });
  await server.addUser({ username: 'alice', email: 'alice@example.com' });
  await server.stop();
  const here = server.env;
  const there = { DATABASE_URL: `sqlite:${join(folder, 'other.sqlite')}`, DATA_DIR: join(folder, 'other') };
  const file = join(folder, 'copy.sqlite');
  expect(await runHere(['backup', file], here)).toMatchObject({ code: 0 });
  const stdout = expect.stringMatching(
    /^sqlite:.*other\.sqlite holds what .*copy\.sqlite held: 1 user, 0 sessions\.\n/,
  );
  expect(await runHere(['restore', file], there)).toMatchObject({ code: 0, stdout, stderr: '' });
  expect((await runHere(['user', 'list'], there)).stdout).toContain('alice@example.com');
  const refused = await runHere(['restore', file], there);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });
  expect((await runHere(['restore', file], here)).stderr).toContain('is not empty');
});

const make = (text: string) => (file: string) => {
  const database = new Database(file);
  database.exec(text);
  database.close();
};

test.each([
  ['is not there', () => {}, /^There is no file/],
  [
    'is none of SQLite',
    (file: string) => writeFileSync(file, 'not a database '.repeat(1000)),
    /cannot be restored: .*not a database/,
  ],
  ['is a folder', () => {}, /cannot be restored/, '.'],
  ['is another program’s', make('create table users (id)'), /is no database of this server/],
  [
    'is newer',
    make(
      `create table gatehouse_migrations (name); insert into gatehouse_migrations values ('0001_house'), ('9999_later')`,
    ),
    /made by a newer version/,
  ],
  [
    'is older',
    make(`create table gatehouse_migrations (name); insert into gatehouse_migrations values ('0000_cellar')`),
    /of an older version\. Copy it/,
  ],
])('a file that %s is refused in a sentence, and no user is made', async (_what, prepare, message, name = 'file') => {
  const folder = temporaryFolder();
  const env = { DATA_DIR: join(folder, 'var') };
  prepare(join(folder, name));
  const { code, stderr } = await runHere(['restore', join(folder, name)], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect((await runHere(['user', 'list', '--json'], env)).stdout.trim()).toBe('[]');
});
