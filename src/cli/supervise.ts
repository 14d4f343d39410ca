import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import type { Figure } from '../metrics/metric.js';
import { answerForCrew } from './crew-metrics.js';
import { exitCodes } from './exit.js';
import { stopAsked, stopMessage } from './stopping.js';

export interface CrewOptions {
  count: number;
  settings: Pick<Settings, 'http'>;
  log: Logger;
}

/**
 * Keeps `count` workers serving. The first starts alone: it brings the schema up to date, enters the first user, and what
 * keeps it from starting would keep all of them, so it is said once and ends the server with its code. Later a worker that
 * is lost is replaced, after a pause that grows while its successors are lost too.
 * @returns the exit code
 */
export function supervise(options: CrewOptions): Promise<number> {
  // Workers accept by themselves, evenly (libuv takes one connection a turn). Node's round robin keeps a connection that it
  // was handing to a worker just killed: its client would wait for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  return new Promise((resolve) => {
    const crew = new Crew(options, resolve);
    process.once('exit', () => crew.cut());
    void stopAsked().then(() => crew.stop());
    crew.hire();
  });
}

interface Departure {
  code: number | null;
  signal: string | null;
  /** milliseconds */
  lived: number;
}

const shortestPause = 100;
const longestPause = 10_000;
/** Who lived so long was not ended by what it found when it started. */
const settled = 10_000;
/** After `http.drainSeconds`, for mails and the stores. */
const closing = 10_000;

class Crew {
  readonly #options: CrewOptions;
  readonly #end: (code: number) => void;
  readonly #workers = new Set<Worker>();
  readonly #listening = new Set<Worker>();
  readonly #awaited = new Set<NodeJS.Timeout>();
  readonly #answerQuestions: (worker: Worker) => void;
  #serving = false;
  #stopping = false;
  #pause = 0;
  #lost = 0;

  constructor(options: CrewOptions, end: (code: number) => void) {
    this.#options = options;
    this.#end = (code) => {
      for (const timer of this.#awaited) clearTimeout(timer);
      end(code);
    };
    this.#answerQuestions = answerForCrew(
      () => this.#listening,
      [
        figure('workers', 'Processes that serve.', 'gauge', () => this.#listening.size),
        figure('workers_lost_total', 'Processes that ended and were replaced.', 'counter', () => this.#lost),
      ],
    );
  }

  hire(): void {
    const worker = cluster.fork();
    const since = Date.now();
    this.#workers.add(worker);
    this.#answerQuestions(worker);
    worker.once('listening', () => this.#welcome(worker));
    worker.once('exit', (code, signal) => this.#leave(worker, { code, signal, lived: Date.now() - since }));
  }

  stop(): void {
    this.#stopping = true;
    if (this.#workers.size === 0) return this.#end(exitCodes.fine);
    for (const timer of this.#awaited) clearTimeout(timer);
    for (const worker of this.#workers) worker.send(stopMessage, () => undefined);
    setTimeout(() => this.cut(), this.#options.settings.http.drainSeconds * 1000 + closing).unref();
  }

  cut(): void {
    for (const worker of this.#workers) worker.process.kill('SIGKILL');
  }

  #welcome(worker: Worker): void {
    this.#listening.add(worker);
    this.#options.log.info({ started: worker.id, pid: worker.process.pid }, 'worker started');
    if (this.#serving) return;
    this.#serving = true;
    for (let more = 1; more < this.#options.count; more += 1) this.hire();
  }

  #leave(worker: Worker, departure: Departure): void {
    this.#workers.delete(worker);
    this.#listening.delete(worker);
    const isLast = this.#workers.size === 0;
    if (this.#stopping) return void (isLast && this.#end(exitCodes.fine));
    if (!this.#serving) return this.#end(departure.code || exitCodes.failed);
    if (isLast && departure.code === exitCodes.misconfigured) return this.#end(departure.code);
    this.#replace(worker, departure);
  }

  #replace(worker: Worker, { code, signal, lived }: Departure): void {
    this.#lost += 1;
    this.#pause = lived > settled ? 0 : Math.min(longestPause, this.#pause * 2 || shortestPause);
    const facts = { lost: worker.id, pid: worker.process.pid, code, signal, replacedInMs: this.#pause };
    this.#options.log.warn(facts, 'worker lost');
    const timer = setTimeout(() => {
      this.#awaited.delete(timer);
      this.hire();
    }, this.#pause);
    this.#awaited.add(timer);
  }
}

function figure(name: string, help: string, type: Figure['type'], value: () => number): Figure {
  return { name: `gatehouse_${name}`, help, type, values: () => [{ value: value() }] };
}
