import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Context } from 'koa';
import { pino, stdSerializers, type Logger, type LoggerOptions, type SerializedError } from 'pino';
import type { Call } from '../auth/figures.js';
import type { Services } from '../auth/services.js';
import { Misconfiguration } from '../errors.js';
import { lastly } from '../lib/answer.js';
import { makeFolder } from '../lib/folder.js';
import type { Layer } from '../lib/layers.js';
import type { RouteEntry } from '../routes/contract.js';
import { readable } from './readable-log.js';
import { stateOf, type RequestState } from './state.js';

/** Names under which something secret could stand in an object that is logged. */
const secretNames = ['password', 'pass', 'passwordHash', 'token', 'secret', 'authorization', 'cookie', 'set-cookie'];

/**
 * One JSON line per event; on a terminal one for people. Redaction by name is the second net: the first is that only
 * chosen fields are logged.
 * @param file '' or '-' = standard output; written in the background
 * @param worker the number of this process among several
 */
export function createLog({ level, file }: { level: string; file: string }, worker?: number): Logger {
  const toFile = file !== '' && file !== '-';
  if (toFile) refuseUnwritable(file);
  const dest = toFile ? file : 1;
  const output = pino.destination({ dest, sync: false, mkdir: true, maxLength, contentMode: 'buffer' });
  const lines = gathered(output, batch(worker));
  const forPeople = !toFile && process.stdout.isTTY;
  const stream = forPeople ? { ...lines, write: (line: string) => lines.write(readable(line)) } : lines;
  return pino(logOptions(level, worker), stream);
}

/** @throws Misconfiguration */
function refuseUnwritable(file: string): void {
  try {
    makeFolder(dirname(file));
    closeSync(openSync(file, 'a'));
  } catch (error) {
    const message = `${file} cannot be written to (${(error as NodeJS.ErrnoException).code})`;
    throw new Misconfiguration([{ key: 'log.file', message }]);
  }
}

/** What is left out of every line, wherever it goes. */
export function logOptions(level: string, worker?: number): LoggerOptions {
  const paths = secretNames.flatMap((name) =>
    [name, `*.${name}`].map((path) => path.replace('set-cookie', '["set-cookie"]').replace('.[', '[')),
  );
  const base = worker ? { worker } : undefined;
  return { level, base, redact: { paths, censor: '[redacted]' }, serializers: { err: describeError } };
}

/** Its story, and nothing that a driver hung on it: the statement with its values, the command with its arguments. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { type, message, stack, code } = stdSerializers.err(error) as SerializedError & { code?: unknown };
  return { type, message, stack, ...(typeof code === 'string' && { code }) };
}

/** Commands log nothing below errors, and that to where errors go. */
export function commandLog(): Logger {
  return pino(logOptions('error'), pino.destination({ dest: 2, sync: true }));
}

/** When the disk does not keep up: lines beyond so many bytes are lost rather than the memory. */
const maxLength = 32 * 2 ** 20;

/** Lines wait for so many milliseconds, or for so many bytes, to be written together. */
const longestWait = 100;
/** Several processes on one pipe write less than it takes in one piece (PIPE_BUF), or their lines would mix. */
const batch = (worker?: number): number => (worker ? 3072 : 32_768);

/**
 * One write for many lines, not a system call for each. They wait as bytes: as texts they would be copied by each garbage
 * collection until they are written.
 */
function gathered(
  output: ReturnType<typeof pino.destination>,
  enough: number,
): pino.DestinationStream & { flushSync(): void } {
  const size = 2 * enough;
  const room = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  const pass = (): void => {
    if (filled === 0) return;
    output.write(Buffer.from(room.subarray(0, filled)) as unknown as string);
    filled = 0;
  };
  const flushSync = (): void => {
    pass();
    output.flushSync();
  };
  setInterval(pass, longestWait).unref();
  process.once('exit', flushSync);
  return {
    flushSync,
    write(line) {
      // a character has three bytes at most
      if (line.length * 3 > size - filled) pass();
      if (line.length * 3 > size) return void output.write(Buffer.from(line) as unknown as string);
      filled += room.write(line, filled);
      if (filled >= enough) pass();
    },
  };
}

/**
 * One line per request; the path of a route with parameters is logged as written, because a parameter may be a secret.
 * Its fields are all named below, so it goes without the net and is put together here, not by pino.
 * @param note is told as well
 */
export function requestLog(services: Services, note?: (ctx: Context, milliseconds: number) => void): Layer {
  const { clock, figures, passwords, log } = services;
  const write = lineWriter(log, 'request');
  const finish = (ctx: Context, start: number): void => {
    const milliseconds = performance.now() - start;
    const call = callOf(ctx, milliseconds, clock.now());
    write(ctx, call);
    note?.(ctx, milliseconds);
    if (call.route !== undefined) figures.noteCall(call as Call, passwords.waiting);
  };
  return (ctx, next) => {
    const start = performance.now();
    return lastly(next, () => finish(ctx, start));
  };
}

type Answered = Omit<Call, 'route'> & { route: string | undefined };

function callOf({ req, res, state }: Context, milliseconds: number, at: number): Answered {
  const { requestId, route, note } = state as RequestState;
  const ms = Math.round(milliseconds * 10) / 10;
  const reason = note?.['reason'] as string | undefined;
  return { route: route?.entry.name, at, method: req.method ?? '', status: res.statusCode, ms, reason, requestId };
}

/** Writes what pino would. */
function lineWriter(log: Logger, message: string): (ctx: Context, call: Answered) => void {
  const stream = (log as unknown as Record<symbol, pino.DestinationStream>)[pino.symbols.streamSym]!;
  const about = members(log.bindings());
  const end = `,"msg":${JSON.stringify(message)}}\n`;
  return (ctx, { requestId, method, status, ms }) => {
    if (!log.isLevelEnabled('info')) return;
    const { route, visitor, note } = stateOf(ctx);
    const where = route ? placeOf(route.entry) : `"path":${quoted(loggedPath(ctx.path))}`;
    const who = `"requestId":"${requestId}","method":${quoted(method)},${where}`;
    const outcome = `"status":${status},"ms":${ms},"address":${quoted(visitor.address)}`;
    stream.write(
      `{"level":30,"time":${Date.now()}${about},${who},${outcome}${note === undefined ? '' : members(note)}${end}`,
    );
  };
}

/** `,"name":value` for each that JSON knows. */
function members(fields: object): string {
  const text = JSON.stringify(fields);
  return text.length > 2 ? `,${text.slice(1, -1)}` : '';
}

/** Path and name of a route, written once. */
const places = new WeakMap<RouteEntry, string>();

function placeOf(entry: RouteEntry): string {
  const known = places.get(entry);
  if (known !== undefined) return known;
  const { path, name } = entry;
  const place = members({ path, route: name }).slice(1);
  places.set(entry, place);
  return place;
}

/** Methods, addresses and paths are nearly always plain words. */
function quoted(text: string): string {
  return /^[\w.:/-]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Nothing secret is that short. */
const longestWord = 16;

/** Words as paths have them: `reset-password-link`, `v2`, `index.html`. */
const wordy = /^(?:[a-z]+|\d{1,4})(?:[-_.](?:[a-z]+|\d{1,4}))*$/i;

/**
 * A path that no route has, as sent but for what could be the token of a link with a slip in it: whatever is long and no
 * word keeps its beginning only.
 */
export function loggedPath(path: string): string {
  if (path.length <= 200 && !hasLongPart(path)) return path;
  const parts = path.slice(0, 400).split('/');
  return parts.map(shortened).join('/').slice(0, 200);
}

function hasLongPart(path: string): boolean {
  for (let start = 0; ;) {
    const slash = path.indexOf('/', start);
    if ((slash === -1 ? path.length : slash) - start > longestWord) return true;
    if (slash === -1) return false;
    start = slash + 1;
  }
}

function shortened(part: string): string {
  if (part.length <= longestWord) return part;
  return wordy.test(part) && part.length <= 40 && !/[a-z][A-Z]/.test(part) ? part : `${part.slice(0, 4)}…`;
}
