/**
 * `npm run test:engines`: the suites that a server's stores can make fail, once for each database alone and with Redis.
 *
 *   npm run test:engines                                every mix of SQLite, PostgreSQL, MariaDB and Redis
 *   npm run test:engines -- postgres+redis mariadb      these
 *   npm run test:engines -- postgres test/contract      these suites only; more goes to jest as it is
 *
 * TEST_POSTGRES_URL, TEST_MARIADB_URL (a MySQL will do) and TEST_REDIS_URL say where the servers are. Each test has a
 * database, and keys, of its own there. The last line is the sum.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const everyMix = ['sqlite', 'sqlite+redis', 'postgres', 'postgres+redis', 'mariadb', 'mariadb+redis'];
const suites = 'contract handlers pages auth jobs metrics tracing mail routes dialects http middleware'.split(' ');
/** These measure time, or choose their own engine. */
const left = ['/node_modules/', 'timing\\.slow', 'screenshots'];

const given = process.argv.slice(2);
const mixes = given.filter((word) => everyMix.includes(word));
const rest = given.filter((word) => !everyMix.includes(word));
const paths = rest.some((word) => !word.startsWith('-')) ? [] : suites.map((name) => `test/${name}/`);
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-engines-'));
const total = { passed: 0, failed: 0 };

for (const mix of mixes.length ? mixes : everyMix) {
  const { passed, failed, seconds } = run(mix);
  total.passed += passed;
  total.failed += failed;
  console.log(`${mix.padEnd(14)} ${passed} passed, ${failed} failed, ${seconds.toFixed(0)} s`);
}
rmSync(folder, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed ? 1 : 0);

function run(mix) {
  const [engine, redis] = mix.split('+');
  const file = join(folder, `${mix}.json`);
  const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
  const node = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest];
  const ignored = left.map((pattern) => `--testPathIgnorePatterns=${pattern}`);
  const begin = performance.now();
  spawnSync(process.execPath, [...node, ...paths, ...rest, ...ignored, '--json', `--outputFile=${file}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TEST_ENGINE: engine, TEST_ENGINE_REDIS: redis ? '1' : '' },
  });
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = report(file);
  const seconds = (performance.now() - begin) / 1000;
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites, seconds };
}

function report(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 };
  }
}
