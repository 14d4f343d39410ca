import { fileURLToPath } from 'node:url';
import { run } from '../../src/cli/program.js';
import type { Finished } from './command.js';
import { recordOutput } from './record.js';

const routes = fileURLToPath(new URL('../../routes.yaml', import.meta.url));

/** Runs a command line within this process: what it prints and its exit code, without the start of a new one. */
export async function runHere(args: string[], env: Record<string, string>): Promise<Finished> {
  const before = { ...process.env };
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  Object.assign(process.env, { NODE_ENV: 'test', ROUTES_FILE: routes, ...env });
  try {
    return { code: await run(args), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    stdout.release();
    stderr.release();
  }
}

function capture(stream: NodeJS.WriteStream): { text: () => string; release: () => void } {
  const { write } = stream;
  let text = '';
  stream.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    recordOutput(String(chunk));
    return true;
  };
  return { text: () => text, release: () => void (stream.write = write) };
}
