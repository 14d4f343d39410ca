/** The same request with 10 and with 10,000 routes: CPU per request, in turn. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compareSelf } from './compare-self.mjs';
import { start } from './servers.mjs';

export async function measureRoutes(counts, { rounds, seconds, tell }) {
  tell(`${counts.map((count) => count.toLocaleString('en')).join(' and ')} routes`);
  const running = [];
  try {
    for (const count of counts)
      running.push(await start('gatehouse', { core: 0, seed: (env) => writeRoutes(env, count) }));
    const url = (one) => `${one.url}/api/section-${counts[running.indexOf(one)] - 1}/item/7`;
    return await compareSelf(running, { rounds, seconds, url });
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
}

/** Every third path has a parameter; the last one is asked for. */
function writeRoutes(env, count) {
  const file = join(dirname(env.CONFIG_FILE), 'many-routes.yaml');
  const route = (index) => {
    const path = index % 3 === 0 || index === count - 1 ? `/api/section-${index}/item/{id}` : `/api/section-${index}`;
    return `route-${index}:\n  path: ${path}\n  methods: GET\n  handler: ping\n`;
  };
  writeFileSync(file, Array.from({ length: count }, (_, index) => route(index)).join(''));
  env.ROUTES_FILE = file;
}
