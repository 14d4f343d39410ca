import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const hooks = new URL('./typescript.js', import.meta.url).href;

export type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Starts one of our TypeScript files in a process of its own. */
export function startSource(file: URL, environment: Record<string, string> = {}): Child {
  return spawn(process.execPath, ['--import', hooks, fileURLToPath(file)], {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** Sends a line, answers the next line. One question at a time. */
export function conversation(child: Child) {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (name: string, argument?: unknown): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify({ name, argument })}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the process has ended');
    return JSON.parse(value) as unknown;
  };
}

export const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', () => resolve()))
    : Promise.resolve();
