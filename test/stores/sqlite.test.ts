import { expect, test } from '@jest/globals';
import { openStores } from '../../src/stores/open.js';

test('a user who was stored is found again by name, address and number', async () => {
  const clock = { now: () => 1_700_000_000_000 };
  const stores = await openStores({ databaseUrl: 'sqlite::memory:', dataDir: '/nonexistent', clock });
  const user = await stores.users.insert({ username: 'Alice', passwordHash: 'x', email: 'Alice@example.org' });
  expect(await stores.users.findByUsername('aLICE')).toEqual(user);
  expect(await stores.users.findByEmail('alice@EXAMPLE.org')).toEqual(user);
  expect(await stores.users.findById(user.id)).toEqual(user);
  await expect(stores.users.insert({ username: 'ALICE', passwordHash: 'x' })).rejects.toThrow('taken');
  await stores.close();
});
