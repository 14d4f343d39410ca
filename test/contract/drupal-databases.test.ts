import { expect, test } from '@jest/globals';
import { startTestGatehouse } from '../support/gatehouse.js';
import { freshMysql, freshPostgres, type FreshDatabase } from '../stores/servers.js';

const engines: [string, string, (server: string) => Promise<FreshDatabase>][] = [
  ['PostgreSQL', 'TEST_POSTGRES_URL', freshPostgres],
  ['MariaDB', 'TEST_MARIADB_URL', freshMysql],
];

for (const [engine, variable, fresh] of engines) {
  const server = process.env[variable];
  if (!server) {
    test.skip(`${engine}: set ${variable} to run its suite`, () => {});
    continue;
  }

  test(`${engine}: two servers get fifty registrations of one name at once, and make exactly one user`, async () => {
    const database = await fresh(server);
    const options = { env: { DATABASE_URL: database.databaseUrl } };
    const first = await startTestGatehouse(options);
    const both = [first, await startTestGatehouse(options)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        both[index % 2]!.agent().post('/user/register', {
          name: ['Bob'],
          mail: [`bob${index}@example.org`],
          pass: ['correct horse'],
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(49);
    expect(await first.services.stores.users.count()).toBe(1);
    await Promise.all(both.map((gatehouse) => gatehouse.stop()));
    await database.remove();
  });

  test(`${engine}: two servers get forty wrong logins of one name at once, and look at exactly five`, async () => {
    const database = await fresh(server);
    const options = { env: { DATABASE_URL: database.databaseUrl } };
    const both = [await startTestGatehouse(options), await startTestGatehouse(options)];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        both[index % 2]!.agent().post('/user/login', { name: 'nobody', pass: 'wrong' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(35);
    await Promise.all(both.map((gatehouse) => gatehouse.stop()));
    await database.remove();
  });
}
