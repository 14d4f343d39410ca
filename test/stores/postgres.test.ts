import { expect, test } from '@jest/globals';
import { openStores } from '../../src/stores/open.js';
import { fulfilsTheContract } from './contract.js';
import { survivesItsServer } from './faults.js';
import { frozenClock, newUser, patient } from './kit.js';
import { holdsBetweenProcesses } from './processes.js';
import { freshPostgres, wiping } from './servers.js';

const server = process.env.TEST_POSTGRES_URL;

if (server) {
  fulfilsTheContract('PostgreSQL', async () => {
    const database = await freshPostgres(server);
    const clock = frozenClock();
    const stores = await openStores({ databaseUrl: database.databaseUrl, dataDir: '', clock, database: patient });
    const close = () => stores.close().then(database.remove);
    return { stores, clock, wipe: () => database.query(wiping('"').join(';')), close };
  });

  holdsBetweenProcesses('PostgreSQL', async () => {
    const { databaseUrl, remove } = await freshPostgres(server);
    return { place: { databaseUrl, dataDir: '', database: { poolSize: 5, ...patient } }, remove };
  });

  test('PostgreSQL: a sweep of many goes fast, though the planner has not heard of them yet', async () => {
    const { databaseUrl, query, remove } = await freshPostgres(server);
    const clock = frozenClock();
    const stores = await openStores({ databaseUrl, dataDir: '', clock, database: { statementTimeoutMs: 500 } });
    const { id } = await stores.users.insert(newUser());
    const columns = 'key, user_id, remember, created_at, last_seen_at, expires_at, absolute_expires_at';
    const seed = (from: number, to: number, expiresAt: number) =>
      query(`insert into sessions (${columns}, authenticated_at, address, user_agent, data)
        select md5(i::text), ${id}, 0, 1, 1, ${expiresAt}, ${expiresAt}, 1, '', '', '{}' from generate_series(${from}, ${to}) i`);
    await seed(1, 30_000, clock.now() + 1);
    await query('analyze sessions');
    await seed(30_001, 60_000, clock.now());
    let swept = 0;
    for (let some = 1; some > 0; swept += some) some = await stores.sessions.sweep(clock.now(), 5000);
    expect([swept, await stores.sessions.count(clock.now())]).toEqual([30_000, 30_000]);
    await stores.close();
    await remove();
  });

  survivesItsServer('PostgreSQL', () => freshPostgres(server));
} else {
  test.skip('PostgreSQL: set TEST_POSTGRES_URL to run its suite', () => {});
}
