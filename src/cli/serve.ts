import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { Settings } from '../config/settings.js';
import { Misconfiguration } from '../errors.js';
import type { Overrides } from '../gatehouse.js';
import type { Gather } from '../metrics/index.js';
import { StoreUnavailable } from '../stores/contract.js';
import { CommandFailure, exitCodes } from './exit.js';
import { settingsHere } from './settings.js';
import { stopAsked } from './stopping.js';

/** `gatehouse serve` */
export function serveCommand(): Command {
  return new Command('serve')
    .description('start the server')
    .option('--workers <number>', 'processes that serve; 0 = one for each core', readCount)
    .action(({ workers }: { workers?: number }) => serve(workers));
}

function readCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('must be a whole number; 0 = one for each core');
  return Number(text);
}

async function serve(workers?: number): Promise<void> {
  const settings = settingsHere();
  const count = (workers ?? settings.http.workers) || availableParallelism();
  if (count > 1) refusePrivateDatabase(settings);
  const { createLog } = await import('../http/log.js');
  const log = createLog(settings.log, cluster.worker?.id);
  if (cluster.isPrimary && count > 1) {
    const { supervise } = await import('./supervise.js');
    process.exitCode = await supervise({ count, settings, log });
  } else await serveHere(shareOf(settings, count), { log, gather: await gatherHere() });
}

function refusePrivateDatabase({ databaseUrl }: Settings): void {
  if (!databaseUrl.startsWith('sqlite::memory:')) return;
  const message = 'sqlite::memory: lives in one process; several workers need a database that they share';
  throw new Misconfiguration([{ key: 'databaseUrl', message }]);
}

/** The cores that may hash are divided among the workers. */
function shareOf(settings: Settings, count: number): Settings {
  if (count === 1 || settings.password.workers) return settings;
  const threads = Math.max(1, Math.floor((availableParallelism() - 1) / count));
  return { ...settings, password: { ...settings.password, workers: threads } };
}

/** Figures of several processes are gathered. */
async function gatherHere(): Promise<Gather | undefined> {
  return cluster.isWorker ? (await import('./crew-metrics.js')).gatherFromCrew : undefined;
}

async function serveHere(settings: Settings, overrides: Overrides): Promise<void> {
  try {
    await serveUntil(stopAsked(), settings, overrides);
  } finally {
    // the line to the supervisor would keep the process
    cluster.worker?.disconnect();
  }
}

async function serveUntil(asked: Promise<void>, settings: Settings, overrides: Overrides): Promise<void> {
  let serving = false;
  // nothing is in flight yet, so nothing is waited for, least of all a database that does not come
  void asked.then(() => serving || process.exit(exitCodes.fine));
  const [{ startGatehouse }, { startTracing }, { welcome }] = await Promise.all([
    import('../gatehouse.js'),
    import('../tracing/start.js'),
    import('./first-start.js'),
  ]);
  const tracing = await startTracing(process.env, say);
  const gatehouse = await startGatehouse(settings, { ...overrides, tracing, onWaiting: announceOnce() }).catch(tooLate);
  serving = true;
  try {
    if (isFirst()) await welcome(gatehouse);
    await asked;
  } finally {
    await gatehouse.stop();
    await tracing?.close();
  }
}

/** A worker that takes the place of another one has a higher number. */
function isFirst(): boolean {
  return !cluster.worker || cluster.worker.id === 1;
}

/** To the person at the terminal, once for all workers. */
function say(message: string): void {
  if (isFirst()) process.stderr.write(`${message}\n`);
}

function announceOnce(): (reason: string) => void {
  let said = false;
  return (reason) => {
    if (!said) say(`The database cannot be reached yet, waiting: ${reason}`);
    said = true;
  };
}

/** After `database.waitSeconds`: for whoever restarts the server, nothing is wrong with its configuration (sysexits.h). */
function tooLate(error: unknown): never {
  if (!(error instanceof StoreUnavailable)) throw error;
  throw new CommandFailure(`The database could not be reached: ${error.message}`, exitCodes.unavailable);
}
