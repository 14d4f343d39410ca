import { payloadOf } from '../auth/jobs.js';
import type { Services } from '../auth/services.js';
import type { OutboxMail } from '../stores/contract.js';

/** Does one piece of work. Throws when it should be tried again, `GaveUp` when that would not help. */
export type Performer = (payload: Record<string, unknown>, job: { id: string; createdAt: number }) => Promise<void>;

export class GaveUp extends Error {
  override readonly name = 'GaveUp';
}

export interface Worker {
  /** does all that is due now; answers how much that was */
  runDue(): Promise<number>;
  /** lets what is under way finish */
  close(): Promise<void>;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** How long a failed piece of work waits; after the last one, some two and a half days, it is given up. */
const waits = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 24 * HOUR, 24 * HOUR];
const tick = SECOND;
const batch = 20;
/** Longer than any performer takes: a process that died gives its work back after this time. */
const leaseTime = 2 * MINUTE;

/**
 * Does the work of the queue, a second later at most. Several processes may: each piece is leased to one of them. Nothing
 * wakes it early, so that the time of an answer does not tell whether it left work behind (ASVS 6.3.8).
 */
export function startWorker(services: Services, performers: Record<string, Performer>): Worker {
  let running: Promise<number> | undefined;
  const runDue = (): Promise<number> =>
    (running ??= workThrough(services, performers).finally(() => (running = undefined)));
  let troubled = false;
  const trouble = (error: unknown): void => {
    // said once, not every second until the database is back
    if (!troubled) services.log.warn({ err: error }, 'the queue cannot be read now');
    troubled = true;
  };
  const timer = setInterval(() => {
    runDue().then(() => (troubled = false), trouble);
  }, tick);
  timer.unref();
  return {
    runDue,
    async close() {
      clearInterval(timer);
      await running?.catch(() => {});
    },
  };
}

async function workThrough(services: Services, performers: Record<string, Performer>): Promise<number> {
  for (let done = 0; ;) {
    const now = services.clock.now();
    const due = await services.stores.jobs.claim(now, now + leaseTime, batch);
    await Promise.all(due.map((job) => perform(services, performers, job)));
    done += due.length;
    if (due.length < batch) return done;
  }
}

async function perform(services: Services, performers: Record<string, Performer>, job: OutboxMail): Promise<void> {
  const { jobs } = services.stores;
  try {
    const payload = payloadOf(services, job);
    const work = performers[job.template];
    if (!payload || !work) throw new GaveUp(payload ? 'unknown kind of work' : 'no key opens it');
    await work(payload, job);
    await jobs.sent(job.id, services.clock.now());
  } catch (error) {
    await noteFailure(services, job, error);
  }
}

async function noteFailure({ stores, clock, log }: Services, job: OutboxMail, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const wait = error instanceof GaveUp ? undefined : waits[job.attempts];
  const about = { job: job.id, kind: job.template, concerns: job.recipient, attempt: job.attempts + 1, message };
  log.warn(about, wait === undefined ? 'work given up' : 'work failed, will be tried again');
  if (wait === undefined) await stores.jobs.dead(job.id, message);
  else await stores.jobs.retry(job.id, clock.now() + wait, message);
}
