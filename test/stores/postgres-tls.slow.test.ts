import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { openStores, type StoreOptions } from '../../src/stores/open.js';
import { programs, startTlsCluster, type TlsCluster } from '../support/postgres-cluster.js';
import { frozenClock } from './kit.js';

jest.setTimeout(60_000);

type Tls = NonNullable<NonNullable<StoreOptions['database']>['tls']>;

let cluster: TlsCluster;

const open = (tls: Tls, query = '') =>
  openStores({ databaseUrl: `${cluster.url}${query}`, dataDir: '', clock: frozenClock(), database: { tls } });

/** Whether the server sees our connections as encrypted. */
async function encrypted(): Promise<boolean[]> {
  const client = new pg.Client({ connectionString: cluster.url, ssl: { rejectUnauthorized: false } });
  await client.connect();
  const { rows } = await client.query<{ ssl: boolean }>(
    `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'gatehouse'`,
  );
  await client.end();
  return rows.map(({ ssl }) => ssl);
}

(programs ? describe : describe.skip)('a PostgreSQL that lets nobody in without TLS', () => {
  beforeAll(async () => {
    cluster = await startTlsCluster();
  });
  afterAll(() => cluster?.stop());

  test.each<[Tls, string, () => string]>([
    ['verify', 'a certificate whose authority the URL names', () => `?sslrootcert=${cluster.certificate}`],
    ['url', 'what the URL says of an authority', () => `?sslmode=verify-full&sslrootcert=${cluster.certificate}`],
    ['url', 'an unchecked certificate, because the URL wants it so', () => '?sslmode=no-verify'],
  ])('tls: %s accepts %s, and everything goes encrypted', async (tls, _what, query) => {
    const stores = await open(tls, query());
    await stores.ping();
    expect(new Set(await encrypted())).toEqual(new Set([true]));
    await stores.close();
  });

  test.each<[Tls, string, string]>([
    ['verify', 'whose certificate nobody vouches for', ''],
    ['verify', 'although the URL would let it pass', '?sslmode=no-verify'],
  ])('tls: %s does not talk to a server %s', async (tls, _what, query) => {
    await expect(open(tls, query)).rejects.toThrow(/self[- ]signed certificate/);
    expect(await encrypted()).toEqual([]);
  });

  test.each<[Tls, string]>([
    ['off', ''],
    ['off', '?sslmode=no-verify'],
    ['url', ''],
  ])('tls: %s with "%s" asks without TLS and is refused', async (tls, query) => {
    await expect(open(tls, query)).rejects.toThrow(/refuses us: .*no encryption/);
  });
});
