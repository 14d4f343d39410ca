import type { QueryResult } from 'kysely';
import type { Statement } from 'libsql';
import type { Ask } from '../engine.js';
import { isBusy } from './errors.js';
import type { File } from './file.js';

export interface Writer {
  /** does it with the others of this turn; `later` = how it is done while a transaction is open */
  write(text: string, parameters: readonly unknown[], later: () => Promise<Result>): Promise<Result>;
  /** the same with several statements, which stand or fall together */
  step<T>(work: (ask: Ask) => T, later: () => Promise<T>): Promise<T>;
  /** does now what waits */
  flush(): void;
}

export interface WriterOptions {
  /** how long another process is waited for, in milliseconds */
  patienceMs: number;
  /** milliseconds from one commit to the next at least; what comes meanwhile waits for it */
  betweenCommits: number;
  translate: (error: unknown) => unknown;
}

type Result = QueryResult<unknown>;

interface Write<T = unknown> {
  work: () => T;
  /** one statement, which needs no transaction of its own */
  alone: boolean;
  later: () => Promise<T>;
  since: number;
  resolve(result: T | Promise<T>): void;
  reject(error: unknown): void;
}

type Outcome = { result: unknown } | { error: unknown };

/** More at once would be felt by the requests that wait. */
const mostAtOnce = 200;

/**
 * The writes of one turn of the event loop are committed together: a commit costs more than the change itself. Where
 * they come so fast that the last commit was only just made, those of some milliseconds are. Each is answered only after
 * the commit, and each fails alone.
 */
export function createWriter(file: File, { patienceMs, betweenCommits, translate }: WriterOptions): Writer {
  let queue: Write[] = [];
  let scheduled = false;
  let last = 0;

  const schedule = (soon: (work: () => void) => unknown) => {
    if (scheduled) return;
    scheduled = true;
    soon(flush);
  };
  const afterTheLast = (work: () => void) => {
    const wait = last + betweenCommits - performance.now();
    return wait > 0 ? setTimeout(work, wait) : setImmediate(work);
  };
  const flush = () => {
    scheduled = false;
    last = performance.now();
    const writes = queue.splice(0, mostAtOnce);
    if (queue.length > 0) schedule(setImmediate);
    if (file.transactionOpen) return writes.forEach(({ resolve, later }) => resolve(later()));
    try {
      const outcomes = perform(file, writes);
      writes.forEach((write, index) => settle(write, outcomes[index]!, translate));
    } catch (error) {
      failed(writes, error);
    }
  };
  const failed = (writes: Write[], error: unknown) => {
    const patient = (write: Write) => isBusy(error) && performance.now() - write.since < patienceMs;
    queue = [...writes.filter(patient), ...queue];
    for (const write of writes) if (!patient(write)) write.reject(translate(error));
    if (queue.length > 0) schedule((work) => setTimeout(work, 5));
  };
  const enqueue = <T>({ work, alone, later }: Pick<Write<T>, 'work' | 'alone' | 'later'>): Promise<T> =>
    new Promise((resolve, reject) => {
      queue.push({ work, alone, later, since: performance.now(), resolve, reject } as Write);
      schedule(afterTheLast);
    });
  const ask: Ask = ({ text, parameters }) => execute(file, text, parameters).rows;
  return {
    write: (text, parameters, later) => enqueue({ work: () => execute(file, text, parameters), alone: true, later }),
    step: (work, later) => enqueue({ work: () => file.step(() => work(ask)), alone: false, later }),
    flush,
  };
}

function perform(file: File, writes: Write[]): Outcome[] {
  const [only, ...others] = writes;
  if (!only) return [];
  if (others.length === 0 && only.alone) return [{ result: only.work() }];
  return file.together(() => writes.map((write) => attempt(file, write)));
}

/** An error of one statement is its own; but for those after which SQLite has given up the whole transaction. */
function attempt(file: File, write: Write): Outcome {
  try {
    return { result: write.work() };
  } catch (error) {
    if (!file.transactionAlive()) throw error;
    return { error };
  }
}

function execute(file: File, text: string, parameters: readonly unknown[]): Result {
  const statement = file.statement(text);
  if (answersRows(statement)) return { rows: statement.all([...parameters]) };
  return { rows: [], numAffectedRows: BigInt(statement.run([...parameters]).changes) };
}

/** Asking the driver each time costs as much as a short statement. */
const readers = new WeakMap<object, boolean>();

function answersRows(statement: Statement): boolean {
  const known = readers.get(statement) ?? statement.reader;
  readers.set(statement, known);
  return known;
}

function settle(write: Write, outcome: Outcome, translate: (error: unknown) => unknown): void {
  if ('result' in outcome) write.resolve(outcome.result);
  else write.reject(translate(outcome.error));
}
