/**
 * What finding a route costs in a table of 10,000 mixed ones, without the rest of a request, and how long it takes to load
 * and check them.
 *   node --import ./test/support/typescript.js test/bench/routes/matching.ts [routes]
 * Half of the paths are static, a quarter has one parameter, a quarter two of which one has a requirement. Requests hit
 * all of them in a random order, and one in ten hits nothing. Prints lines for people and, last, one of JSON.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Services } from '../../../src/auth/services.js';
import { loadSettings } from '../../../src/config/load.js';
import { dialects } from '../../../src/dialects/index.js';
import { handlers } from '../../../src/handlers/index.js';
import { middleware } from '../../../src/middleware/index.js';
import { bindRoutes } from '../../../src/routes/bind.js';
import type { RouteTable, Vocabulary } from '../../../src/routes/contract.js';
import { loadRoutes } from '../../../src/routes/load.js';

const vocabulary: Vocabulary = { handlers, middleware, dialects };
const count = Number(process.argv[2] ?? 10_000);
const rounds = 7;
const perRound = 200_000;
const where = { host: 'localhost', scheme: 'http' };

interface Kind {
  path: string;
  asked: string;
}

const kinds: ((index: number) => Kind)[] = [
  (n) => ({ path: `/static/section-${n}/page`, asked: `/static/section-${n}/page` }),
  (n) => ({ path: `/items-${n}/{id}`, asked: `/items-${n}/some-name` }),
  (n) => ({ path: `/static/deep/area-${n}`, asked: `/static/deep/area-${n}` }),
  (n) => ({ path: `/blog/topic-${n}/{year<\\d{4}>}/{slug}`, asked: `/blog/topic-${n}/2024/a-title` }),
];

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-matching-'));
try {
  const routes = Array.from({ length: count }, (_, index) => kinds[index % kinds.length]!(index));
  const begin = performance.now();
  const table = load(routes);
  const loaded = performance.now() - begin;
  const asked = requests(routes);
  check(table, asked);
  const micros = Array.from({ length: rounds }, () => perMatch(table, asked)).sort((a, b) => a - b);
  const match = micros[Math.floor(rounds / 2)]!;
  console.log(
    `${count} routes: loaded, checked and bound in ${loaded.toFixed(0)} ms; a match takes ${match.toFixed(2)} µs`,
  );
  console.log(JSON.stringify({ count, loaded, match }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function load(routes: Kind[]): RouteTable {
  const file = join(folder, 'routes.yaml');
  const text = routes.map(
    ({ path }, index) => `route-${index}: { path: ${JSON.stringify(path)}, methods: GET, handler: ping }\n`,
  );
  writeFileSync(file, text.join(''));
  const settings = loadSettings({ env: { NODE_ENV: 'test', DATA_DIR: folder }, cwd: folder });
  const { entries } = loadRoutes(file, { vocabulary, settings });
  const readBody = () => Promise.resolve({ value: {}, from: 'json' as const });
  return bindRoutes(entries, { vocabulary, services: { settings } as Services, readBody });
}

/** The same disorder in each run. */
function requests(routes: Kind[]): string[] {
  let seed = 42;
  const next = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  return Array.from({ length: 50_000 }, (_, index) => {
    const { asked } = routes[Math.floor(next() * routes.length)]!;
    return index % 10 === 0 ? `${asked}/nothing/here` : asked;
  });
}

function check(table: RouteTable, asked: string[]): void {
  const wrong = asked.filter((path) => (table.match('GET', path, where).kind === 'found') === path.endsWith('/here'));
  if (wrong.length > 0) throw new Error(`${wrong.length} paths led nowhere, the first one ${wrong[0]}`);
}

function perMatch(table: RouteTable, asked: string[]): number {
  const before = process.cpuUsage();
  for (let at = 0; at < perRound; at += 1) table.match('GET', asked[at % asked.length]!, where);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / perRound;
}
