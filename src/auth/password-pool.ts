import { Refusal } from '../errors.js';
import { createWorkerPool, PoolClosed } from '../lib/worker-pool.js';
import { decoyHash, isWeakerThan, kindOfHash } from './password-hashes.js';
import { defaultThreads } from './password-threads.js';
import type { Passwords } from './services.js';

type Job = { password: string; cost: number } & ({ task: 'hash' } | { task: 'verify'; hash: string });

export interface PasswordOptions {
  /** bcrypt's, each step doubles the time */
  cost: number;
  /** how many may wait */
  queue: number;
  /** 0 = as many as may run without being felt (`password-threads.js`) */
  workers: number;
}

/** Hashing in threads of its own, so that a flood of logins never stops the event loop (contract ext-login, section 6). */
export function createPasswords({ cost, queue, workers }: PasswordOptions): Passwords {
  const size = workers || defaultThreads();
  const pool = createWorkerPool<Job, string | boolean>(new URL('./password-worker.js', import.meta.url), size);
  const decoy = decoyHash(cost);

  async function run(job: Job, signal?: AbortSignal): Promise<string | boolean> {
    const full = pool.running >= size && pool.waiting >= queue;
    if (full) throw new Refusal('overloaded', { retryAfter: secondsToWait(pool.expectedWait) });
    return pool.run(job, signal).catch(refuseWhenClosed);
  }

  return {
    hash: async (password) => String(await run({ task: 'hash', password, cost })),
    async verify(password, hash, signal) {
      const real = hash !== undefined && kindOfHash(hash) !== undefined;
      const matches = await run({ task: 'verify', password, hash: real ? hash : decoy, cost }, signal);
      return real && matches === true;
    },
    needsRehash: (hash) => isWeakerThan(hash, cost),
    get waiting() {
      return pool.waiting;
    },
    get load() {
      return { waiting: pool.waiting, running: pool.running, workers: size, queue };
    },
    close: () => pool.close(),
  };
}

function secondsToWait(milliseconds: number): number {
  return Math.min(60, Math.max(1, Math.ceil(milliseconds / 1000)));
}

function refuseWhenClosed(error: unknown): never {
  throw error instanceof PoolClosed ? new Refusal('unavailable', { retryAfter: 5 }) : error;
}
