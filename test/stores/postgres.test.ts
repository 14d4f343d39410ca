import { test } from '@jest/globals';
import { openStores } from '../../src/stores/open.js';
import { fulfilsTheContract } from './contract.js';
import { survivesItsServer } from './faults.js';
import { frozenClock, patient } from './kit.js';
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

  survivesItsServer('PostgreSQL', () => freshPostgres(server));
} else {
  test.skip('PostgreSQL: set TEST_POSTGRES_URL to run its suite', () => {});
}
