import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandFailure, exitCodes } from './exit.js';

/** A password from stdin (`--password-stdin`: the first line) or typed twice, hidden, on a terminal. Never an argument. */
export async function readPassword(fromStdin: boolean): Promise<string> {
  if (fromStdin) return firstLine();
  if (!process.stdin.isTTY) {
    throw new CommandFailure(
      'There is no terminal to ask for the password on: use --password-stdin.',
      exitCodes.wrongUse,
    );
  }
  const password = await askHidden('Password: ');
  if ((await askHidden('Again: ')) !== password) throw new CommandFailure('The two passwords differ.');
  return password;
}

async function firstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n[\s\S]*$/, '');
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await terminal.question('');
  } catch (error) {
    // Ctrl-C or Ctrl-D: they have thought better of it
    throw (error as Error).name === 'AbortError' ? new CommandFailure('', exitCodes.interrupted) : error;
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
