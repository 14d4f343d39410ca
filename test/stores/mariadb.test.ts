import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { openEngine, openStores, sqlOf } from '../../src/stores/open.js';
import { fulfilsTheContract } from './contract.js';
import { survivesItsServer } from './faults.js';
import { frozenClock, patient } from './kit.js';
import { holdsBetweenProcesses } from './processes.js';
import { freshMysql, wiping } from './servers.js';

const server = process.env.TEST_MARIADB_URL;

if (server) {
  fulfilsTheContract('MariaDB', async () => {
    const database = await freshMysql(server);
    const clock = frozenClock();
    const stores = await openStores({ databaseUrl: database.databaseUrl, dataDir: '', clock, database: patient });
    const close = () => stores.close().then(database.remove);
    return { stores, clock, wipe: () => database.query(wiping('`').join(';')), close };
  });

  holdsBetweenProcesses('MariaDB', async () => {
    const { databaseUrl, remove } = await freshMysql(server);
    return { place: { databaseUrl, dataDir: '', database: { poolSize: 5, ...patient } }, remove };
  });

  test('MariaDB, and MySQL in its own way: the server itself ends a question that takes too long', async () => {
    const { databaseUrl, remove } = await freshMysql(server);
    const clock = frozenClock();
    const place = { databaseUrl, dataDir: '', clock, database: { statementTimeoutMs: 300 } };
    const engine = await openEngine(place);
    const begin = performance.now();
    // MariaDB refuses it, MySQL answers that the sleep was cut short; we ourselves would give up a second later
    const { rows } = await sql<{ cut: number }>`select sleep(20) as cut`
      .execute(sqlOf(engine, place).db)
      .catch(() => ({ rows: [{ cut: 1 }] }));
    expect(rows).toEqual([{ cut: 1 }]);
    expect(performance.now() - begin).toBeLessThan(1200);
    await engine.close();
    await remove();
  });

  survivesItsServer('MariaDB', () => freshMysql(server));
} else {
  test.skip('MariaDB: set TEST_MARIADB_URL to run its suite', () => {});
}
