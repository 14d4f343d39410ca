import type { QueryResult } from 'kysely';
import { isBusy } from './errors.js';
import type { File } from './file.js';

export interface Writer {
  /** does it with the others of this turn; `later` = how it is done while a transaction is open */
  write(text: string, parameters: readonly unknown[], later: () => Promise<Result>): Promise<Result>;
  /** does now what waits */
  flush(): void;
}

type Result = QueryResult<unknown>;

interface Write {
  text: string;
  parameters: readonly unknown[];
  later: () => Promise<Result>;
  since: number;
  resolve(result: Result | Promise<Result>): void;
  reject(error: unknown): void;
}

type Outcome = { result: Result } | { error: unknown };

/** More at once would be felt by the requests that wait. */
const mostAtOnce = 200;

/**
 * Single statements of one turn of the event loop are committed together: a commit costs more than the change itself.
 * Each is answered only after the commit, and each fails alone.
 */
export function createWriter(
  file: File,
  { patienceMs, translate }: { patienceMs: number; translate: (error: unknown) => unknown },
): Writer {
  let queue: Write[] = [];
  let scheduled = false;

  const schedule = (soon: (work: () => void) => unknown) => {
    if (scheduled) return;
    scheduled = true;
    soon(flush);
  };
  const flush = () => {
    scheduled = false;
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
  return {
    write: (text, parameters, later) =>
      new Promise((resolve, reject) => {
        queue.push({ text, parameters, later, since: performance.now(), resolve, reject });
        schedule(setImmediate);
      }),
    flush,
  };
}

function perform(file: File, writes: Write[]): Outcome[] {
  const [only, ...others] = writes;
  if (!only) return [];
  if (others.length === 0) return [{ result: execute(file, only) }];
  return file.together(() => writes.map((write) => attempt(file, write)));
}

/** An error of one statement is its own; but for those after which SQLite has given up the whole transaction. */
function attempt(file: File, write: Write): Outcome {
  try {
    return { result: execute(file, write) };
  } catch (error) {
    if (!file.transactionAlive()) throw error;
    return { error };
  }
}

function execute(file: File, { text, parameters }: Write): Result {
  const statement = file.statement(text);
  if (statement.reader) return { rows: statement.all([...parameters]) };
  return { rows: [], numAffectedRows: BigInt(statement.run([...parameters]).changes) };
}

function settle(write: Write, outcome: Outcome, translate: (error: unknown) => unknown): void {
  if ('result' in outcome) write.resolve(outcome.result);
  else write.reject(translate(outcome.error));
}
