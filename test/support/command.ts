import { afterEach } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './gatehouse.js';
import { recordOutput } from './record.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const routes = fileURLToPath(new URL('../../routes.yaml', import.meta.url));
const started: ChildProcess[] = [];

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built command as a user would, in `folder`, and waits for its end. */
export function gatehouse(
  args: string[],
  { folder = temporaryFolder(), env = {}, input = '' } = {},
): Promise<Finished> {
  const child = launch(args, folder, env);
  child.stdin!.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

export interface Served {
  url: string;
  child: ChildProcess;
  output: () => string;
  /** waits for the end and answers the exit code */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the built server on a free port and waits until it says where it listens, or what `until` names. */
export function serve(
  folder: string,
  env: Record<string, string> = {},
  args: string[] = [],
  until = /listens on (\S+)/,
): Promise<Served> {
  const child = launch(['serve', ...args], folder, { PORT: '0', LOG_LEVEL: 'error', ...env });
  let text = '';
  return new Promise((resolve, reject) => {
    const collect = (chunk: Buffer): void => {
      text += chunk.toString();
      const match = until.exec(text);
      if (match) resolve({ url: match[1] ?? '', child, output: () => text, end: (signal) => end(child, signal) });
    };
    child.stdout!.on('data', collect);
    child.stderr!.on('data', collect);
    child.on('close', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
}

/** As the owner of `folder`: for the superuser no file is read-only. */
function launch(args: string[], folder: string, env: Record<string, string>): ChildProcess {
  const clean = { PATH: process.env.PATH, HOME: folder, NODE_ENV: 'test', ROUTES_FILE: routes };
  const { uid, gid } = statSync(folder);
  const options = { cwd: folder, env: { ...clean, ...env }, stdio: 'pipe', uid, gid } as const;
  const child = spawn(process.execPath, [main, ...args], options);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => recordOutput(chunk.toString()));
  started.push(child);
  return child;
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('close', (code) => resolve(code));
    child.kill(signal);
  });
}

/** Waits until the output fits, or fails with what there was instead. */
export async function said(served: Pick<Served, 'output'>, pattern: RegExp, seconds = 30): Promise<RegExpExecArray> {
  for (const until = Date.now() + seconds * 1000; Date.now() < until;) {
    const found = pattern.exec(served.output());
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${pattern} was not said: ${served.output()}`);
}

afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});
