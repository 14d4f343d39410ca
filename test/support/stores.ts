import { afterEach } from '@jest/globals';
import { openStores } from '../../src/stores/open.js';
import type { Stores } from '../../src/stores/contract.js';
import { FrozenClock } from './clock.js';

const open: Stores[] = [];

/** Empty stores in memory, closed after the test. */
export async function openTestStores(clock = new FrozenClock()): Promise<Stores> {
  const stores = await openStores({ databaseUrl: 'sqlite::memory:', dataDir: '.', clock });
  open.push(stores);
  return stores;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((stores) => stores.close()));
});
