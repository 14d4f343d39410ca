import type { Context, Middleware } from 'koa';
import { pino, type Logger } from 'pino';
import type { Call } from '../auth/figures.js';
import type { Services } from '../auth/services.js';
import { stateOf } from './state.js';

/** Names under which something secret could stand in an object that is logged. */
const secretNames = ['password', 'pass', 'passwordHash', 'token', 'secret', 'authorization', 'cookie', 'set-cookie'];

/**
 * One JSON line per event. Redaction by name is the second net: the first is that only chosen fields are logged.
 * @param file '' or '-' = standard output; written in the background
 * @param worker the number of this process among several
 */
export function createLog({ level, file }: { level: string; file: string }, worker?: number): Logger {
  const output = pino.destination({ dest: file && file !== '-' ? file : 1, sync: false, mkdir: true, maxLength });
  const paths = secretNames.flatMap((name) =>
    [name, `*.${name}`].map((path) => path.replace('set-cookie', '["set-cookie"]').replace('.[', '[')),
  );
  const base = worker ? { worker } : undefined;
  return pino({ level, base, redact: { paths, censor: '[redacted]' } }, gathered(output, batch(worker)));
}

/** Commands log nothing below errors, and that to where errors go. */
export function commandLog(): Logger {
  return pino({ level: 'error', base: undefined }, pino.destination({ dest: 2, sync: true }));
}

/** When the disk does not keep up: lines beyond so many bytes are lost rather than the memory. */
const maxLength = 32 * 2 ** 20;

/** Lines wait for so many milliseconds, or for so many characters, to be written together. */
const longestWait = 100;
/** Several processes on one pipe write less than it takes in one piece (PIPE_BUF), or their lines would mix. */
const batch = (worker?: number): number => (worker ? 3072 : 32_768);

/** One write for many lines: a write of its own for each is a quarter of a session check. */
function gathered(
  output: ReturnType<typeof pino.destination>,
  enough: number,
): pino.DestinationStream & { flushSync(): void } {
  let lines = '';
  const pass = (): void => {
    if (lines) output.write(lines);
    lines = '';
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
      lines += line;
      if (lines.length >= enough) pass();
    },
  };
}

/**
 * One line per request; the path of a route with parameters is logged as written, because a parameter may be a secret.
 * Its fields are all named below, so it goes without the net, which costs seven times the line itself.
 * @param note is told as well
 */
export function requestLog(services: Services, note?: (ctx: Context, milliseconds: number) => void): Middleware {
  const { clock, figures, passwords } = services;
  const write = lineWriter(services.log, 'request');
  return async (ctx, next) => {
    const start = performance.now();
    try {
      await next();
    } finally {
      const milliseconds = performance.now() - start;
      const line = describe(ctx, milliseconds);
      write(line);
      note?.(ctx, milliseconds);
      if (line.route !== undefined) figures.noteCall(callOf(line, clock.now()), passwords.waiting);
    }
  };
}

/** pino can put anything together; where the fields are known, the same line takes a third of the time. */
function lineWriter(log: Logger, message: string): (fields: object) => void {
  const stream = (log as unknown as Record<symbol, pino.DestinationStream>)[pino.symbols.streamSym]!;
  const bound = Object.entries(log.bindings()).map(
    ([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  const about = bound.join('');
  return (fields) => {
    if (!log.isLevelEnabled('info')) return;
    const written = JSON.stringify(fields).slice(1, -1);
    stream.write(`{"level":30,"time":${Date.now()}${about},${written},"msg":"${message}"}\n`);
  };
}

function callOf(line: ReturnType<typeof describe>, at: number): Call {
  const { requestId, route, method, status, ms } = line;
  const { reason } = line as { reason?: string };
  return { route: route!, at, method, status, ms, reason, requestId };
}

function describe(ctx: Context, milliseconds: number) {
  const { requestId, visitor, route, note } = stateOf(ctx);
  const line = {
    requestId,
    method: ctx.method,
    path: route ? route.entry.path : ctx.path.slice(0, 200),
    route: route?.entry.name,
    status: ctx.status,
    ms: Math.round(milliseconds * 10) / 10,
    address: visitor.address,
  };
  return note ? { ...line, ...note } : line;
}
