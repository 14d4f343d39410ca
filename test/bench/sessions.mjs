/** A session check with 1,000 and with 1,000,000 sessions in the store, on each store there is: CPU per check, in turn. */
import { compareSelf } from './compare-self.mjs';
import { clearRedis, dropDatabase, freshDatabase, seedSessions } from './seed.mjs';
import { logIn, start } from './servers.mjs';

const stores = {
  SQLite: {},
  PostgreSQL: { variable: 'TEST_POSTGRES_URL' },
  MariaDB: { variable: 'TEST_MARIADB_URL' },
  Redis: { variable: 'TEST_REDIS_URL' },
};

export async function measureSessions(counts, { rounds, seconds, tell, env }) {
  const result = {};
  for (const [store, { variable }] of Object.entries(stores)) {
    if (variable && !env[variable]) {
      tell(`sessions on ${store}: skipped, ${variable} is not set`);
      continue;
    }
    tell(`${counts.map((count) => count.toLocaleString('en')).join(' and ')} sessions on ${store}`);
    result[store] = await measure(store, variable && env[variable], counts, { rounds, seconds });
  }
  return result;
}

async function measure(store, url, counts, options) {
  const running = [];
  const places = [];
  try {
    for (const count of counts) {
      const place = await prepare(store, url, `gatehouse_bench_${count}`);
      places.push(place);
      const one = await start('gatehouse', { core: 0, env: place.env });
      running.push(one);
      one.cookie = await logIn(one);
      await seedSessions(one.env, count - 1);
    }
    const check = (one) => one.url + one.paths.check;
    const compared = await compareSelf(running, { ...options, url: check, cookie: ({ cookie }) => cookie });
    return { counts, ...compared };
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    for (const place of places) await place.remove();
  }
}

async function prepare(store, url, name) {
  if (store === 'SQLite') return { env: {}, remove: async () => {} };
  if (store === 'Redis') {
    const env = { REDIS_URL: `${url}/${name.endsWith('_1000') ? 14 : 15}` };
    await clearRedis(env.REDIS_URL);
    return { env, remove: () => clearRedis(env.REDIS_URL) };
  }
  return { env: { DATABASE_URL: await freshDatabase(url, name) }, remove: () => dropDatabase(url, name) };
}
