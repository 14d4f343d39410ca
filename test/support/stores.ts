import { afterEach } from '@jest/globals';
import { openStores } from '../../src/stores/open.js';
import type { Stores } from '../../src/stores/contract.js';
import { FrozenClock } from './clock.js';
import { findPlace, leavePlaces } from './place.js';

const open: Stores[] = [];

/** Empty stores, in memory or where `TEST_ENGINE` says, closed after the test. */
export async function openTestStores(clock = new FrozenClock()): Promise<Stores> {
  const { env, config, pass } = await findPlace();
  clock.onAdvance(pass);
  const { DATABASE_URL: databaseUrl = '', REDIS_URL: redisUrl } = env;
  const stores = await openStores({ databaseUrl, redisUrl, ...config, dataDir: '.', clock });
  open.push(stores);
  return stores;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((stores) => stores.close()));
  leavePlaces();
});
