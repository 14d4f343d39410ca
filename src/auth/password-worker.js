// @ts-check
/** The thread that hashes: a job comes in, its answer goes out. One at a time; the pool keeps the queue. */
import { parentPort } from 'node:worker_threads';
import { loadEngine } from './password-engine.js';
import { hashPassword, spendTheRest, verifyPassword } from './password-hashes.js';
import { yieldToOthers } from './password-threads.js';

/**
 * @typedef {{ task: 'hash', password: string, cost: number } | { task: 'verify', password: string, hash: string, cost: number }} Job
 */

yieldToOthers();
await loadEngine();

parentPort?.on('message', (/** @type {Job} */ job) => {
  void answer(job).then((result) => parentPort?.postMessage(result));
});

/** @param {Job} job */
async function answer(job) {
  if (job.task === 'hash') return hashPassword(job.password, job.cost);
  const right = await verifyPassword(job.password, job.hash);
  if (!right) spendTheRest(job.password, job.hash, job.cost);
  return right;
}
