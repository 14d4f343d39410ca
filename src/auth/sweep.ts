import { randomUUID } from 'node:crypto';
import type { Services } from './services.js';

const batch = 500;
/** Mails that were sent or given up, and other work that is done. */
const keepFinished = 7 * 24 * 60 * 60 * 1000;

/** How much of each kind was deleted. */
export type Swept = Record<'sessions' | 'links' | 'counters' | 'mails' | 'jobs' | 'oneTimeAccounts' | 'audit', number>;

/**
 * Deletes what has expired, in small batches with a breath between them, so that no request waits for it (contract
 * ext-login, section 9; ASVS 14.2.7). Only generated accounts are ever deleted.
 */
export async function sweep({ stores, clock, settings }: Services): Promise<Swept> {
  const now = clock.now();
  return {
    sessions: await inBatches(() => stores.sessions.sweep(now, batch)),
    links: await inBatches(() => stores.links.sweep(now, batch)),
    counters: await inBatches(() => stores.counters.sweep(now, batch)),
    mails: await inBatches(() => stores.outbox.sweep(now - keepFinished, batch)),
    jobs: await inBatches(() => stores.jobs.sweep(now - keepFinished, batch)),
    oneTimeAccounts: await inBatches(
      async () => (await stores.users.sweepGenerated(Math.floor(now / 1000), batch)).length,
    ),
    audit: await inBatches(() => stores.audit.cap(settings.audit.keep, batch)),
  };
}

async function inBatches(deleteSome: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const deleted = await deleteSome();
    total += deleted;
    if (deleted < batch) return total;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const minute = 60_000;

/** Sweeps every minute, but for processes that see that another one does: whoever holds the lease. */
export function startSweeper(services: Services, every = minute): NodeJS.Timeout {
  const holder = randomUUID();
  const run = async (): Promise<void> => {
    const now = services.clock.now();
    if (await services.stores.lease('sweep', holder, now, now + minute)) await sweep(services);
  };
  const timer = setInterval(() => {
    run().catch((error: unknown) => services.log.warn({ err: error }, 'sweep failed'));
  }, every);
  return timer.unref();
}
