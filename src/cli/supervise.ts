import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import { exitCodes } from './exit.js';
import { stopAsked, stopMessage } from './stopping.js';

export interface Crew {
  count: number;
  settings: Pick<Settings, 'http'>;
  log: Logger;
}

const shortestPause = 100;
const longestPause = 10_000;
/** Who lived so long was not ended by what it found when it started. */
const settled = 10_000;
/** After `http.drainSeconds`, for mails and the stores. */
const closing = 10_000;

/**
 * Keeps `count` workers serving. The first starts alone: it brings the schema up to date, enters the first user, and what
 * keeps it from starting would keep all of them, so it is said once and ends the server with its code. Later a worker that
 * is lost is replaced, after a pause that grows while its successors are lost too.
 * @returns the exit code
 */
export function supervise({ count, settings, log }: Crew): Promise<number> {
  return new Promise((resolve) => {
    const crew = new Set<Worker>();
    const awaited = new Set<NodeJS.Timeout>();
    let serving = false;
    let stopping = false;
    let delay = 0;

    function hire(): void {
      const worker = cluster.fork();
      const since = Date.now();
      crew.add(worker);
      worker.once('listening', () => welcomeIn(worker));
      worker.once('exit', (code, signal) => {
        crew.delete(worker);
        leave(worker, { code, signal, lived: Date.now() - since });
      });
    }

    function welcomeIn(worker: Worker): void {
      log.info({ started: worker.id, pid: worker.process.pid }, 'worker started');
      if (serving) return;
      serving = true;
      for (let more = 1; more < count; more += 1) hire();
    }

    function leave(worker: Worker, { code, signal, lived }: { code: number; signal: string; lived: number }): void {
      if (stopping) return void (crew.size === 0 && end(exitCodes.fine));
      if (!serving) return end(code || exitCodes.failed);
      const hopeless = code === exitCodes.misconfigured && crew.size === 0;
      if (hopeless) return end(code);
      delay = lived > settled ? 0 : Math.min(longestPause, delay * 2 || shortestPause);
      log.warn({ lost: worker.id, pid: worker.process.pid, code, signal, replacedInMs: delay }, 'worker lost');
      const timer = setTimeout(() => {
        awaited.delete(timer);
        hire();
      }, delay);
      awaited.add(timer);
    }

    function stop(): void {
      stopping = true;
      for (const timer of awaited) clearTimeout(timer);
      if (crew.size === 0) return end(exitCodes.fine);
      for (const worker of crew) worker.send(stopMessage, () => undefined);
      setTimeout(cut, settings.http.drainSeconds * 1000 + closing).unref();
    }

    function cut(): void {
      for (const worker of crew) worker.process.kill('SIGKILL');
    }

    function end(code: number): void {
      for (const timer of awaited) clearTimeout(timer);
      resolve(code);
    }

    // Workers accept by themselves, evenly (libuv takes one connection a turn). Node's round robin keeps a connection that it
    // was handing to a worker just killed: its client would wait for ever.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    process.once('exit', cut);
    void stopAsked().then(stop);
    hire();
  });
}
