/**
 * How many bcrypt hashes this machine makes in a second when it does nothing else: `threads` threads, one hash after the
 * other. Run as a program: node hash-rate.mjs <engine> <threads> <cost> <seconds>
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const self = fileURLToPath(import.meta.url);

/** @param engine path of the module that is loaded as bcrypt */
export async function hashRate(engine, { threads, cost, seconds }) {
  const { stdout } = await promisify(execFile)(process.execPath, [self, engine, threads, cost, seconds].map(String));
  return Number(stdout);
}

/** Where a package of the product, or else of the benchmark, lives. */
export function find(name, from) {
  return createRequire(from).resolve(name);
}

if (!isMainThread) {
  const loaded = await import(workerData.engine);
  const { hashSync } = loaded.default ?? loaded;
  const password = 'J3kTq0mXwV8b1s9cYd2eZf4gAh5iBj6kCl7mDn8oEp0=';
  hashSync(password, workerData.cost);
  const begin = performance.now();
  let hashes = 0;
  for (; performance.now() - begin < workerData.seconds * 1000; hashes += 1) hashSync(password, workerData.cost);
  parentPort.postMessage((hashes * 1000) / (performance.now() - begin));
} else if (process.argv[1] === self) {
  const [engine, threads, cost, seconds] = process.argv.slice(2);
  const options = { workerData: { engine, cost: Number(cost), seconds: Number(seconds) } };
  const rates = Array.from({ length: Number(threads) }, () => {
    const worker = new Worker(self, options);
    return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  const sum = (await Promise.all(rates)).reduce((total, rate) => total + rate, 0);
  process.stdout.write(String(sum));
}
