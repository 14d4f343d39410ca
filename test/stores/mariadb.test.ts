import { test } from '@jest/globals';
import { openStores } from '../../src/stores/open.js';
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

  survivesItsServer('MariaDB', () => freshMysql(server));
} else {
  test.skip('MariaDB: set TEST_MARIADB_URL to run its suite', () => {});
}
