import { Server as NetServer, type AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { listenersOf, performersOf } from './consequences.js';
import { createFigures } from './auth/figures.js';
import { createKeys } from './auth/keys.js';
import { createPasswords } from './auth/password-pool.js';
import { createFlood } from './auth/flood.js';
import type { Clock, Passwords, Services } from './auth/services.js';
import { startSweeper } from './auth/sweep.js';
import { createVerifiedCredentials } from './auth/verified.js';
import { loadSecret } from './config/secret.js';
import type { Settings } from './config/settings.js';
import { Misconfiguration } from './errors.js';
import { createTeller, type Listener } from './events.js';
import { createLog } from './http/log.js';
import { welcomeOwnCode } from './http/own-code.js';
import { startWorker, type Worker } from './jobs/worker.js';
import { createMailer } from './mail/mailer.js';
import type { Gather, Metrics, MetricsParts } from './metrics/index.js';
import { createRouteDesk } from './routes/desk.js';
import { createLiveRoutes, type LiveRoutes } from './routes/live.js';
import { loadRoutes } from './routes/load.js';
import type { RouteEntry, RouteTable } from './routes/contract.js';
import { stateOf } from './http/state.js';
import { createApp, createServer } from './server.js';
import { openStores } from './stores/open.js';
import { traceCalls, traceStores } from './tracing/spans.js';
import type { Tracing } from './tracing/start.js';
import { vocabulary } from './vocabulary.js';

export interface Overrides {
  clock?: Clock;
  log?: Logger;
  listeners?: Listener[];
  /** milliseconds that idle connections stay open at the end, for a request that is on its way */
  idleGrace?: number;
  /** a pool that others use too; it is not closed with the rest */
  passwords?: Passwords;
  /** hears why the database is waited for */
  onWaiting?: (reason: string) => void;
  /** among several workers: how `/metrics` gets the figures of all */
  gather?: Gather | undefined;
  /** traces requests and what they wait for */
  tracing?: Tracing | undefined;
  /** false: mails are only put into the outbox, as by a command beside a running server */
  sending?: boolean;
}

/** Everything but the routes and the socket: what a command needs. `close` gives it all back. */
export interface Workbench {
  services: Services;
  /** may be added to */
  listeners: Listener[];
  close(): Promise<void>;
}

const systemClock: Clock = { now: () => Date.now() };

/** Opens stores, keys, passwords and mail. @throws Misconfiguration, StoreUnavailable */
export async function openServices(settings: Settings, overrides: Overrides = {}): Promise<Workbench> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog(settings.log);
  const { onWaiting, tracing } = overrides;
  const opened = await openStores({ ...settings, clock, ...(onWaiting && { onWaiting }) });
  const stores = tracing ? traceStores(tracing.tracer, opened) : opened;
  const keys = createKeys(loadSecret(settings));
  const hashing = overrides.passwords ?? createPasswords(settings.password);
  const passwords = tracing ? traceCalls(tracing.tracer, 'passwords', hashing) : hashing;
  const mailer = createMailer({ settings, stores, keys, clock, log, sending: overrides.sending ?? true });
  const figures = createFigures(clock);
  const listeners: Listener[] = [];
  const tell = createTeller(listeners, (error, event) =>
    log.error({ err: error, event: event.type }, 'listener failed'),
  );
  const flood = createFlood(stores.counters);
  const verified = createVerifiedCredentials(stores.users, clock);
  const tools = { settings, clock, stores, passwords, mailer, keys, flood, verified, log, figures, tell };
  const services: Services = { ...tools, pathOf: writtenPaths(settings) };
  listeners.push(...listenersOf(services), ...(overrides.listeners ?? []));
  return {
    services,
    listeners,
    async close() {
      await tell.settled();
      await mailer.close();
      if (!overrides.passwords) await passwords.close();
      await stores.close();
    },
  };
}

/** For commands, which serve nothing: the paths as the routes file has them. */
function writtenPaths(settings: Settings): Services['pathOf'] {
  let entries: RouteEntry[] | undefined;
  return (handler) => {
    entries ??= loadRoutes(settings.routesFile, { vocabulary, settings }).entries;
    return entries.find((entry) => entry.enabled && entry.handler === handler)?.path ?? '';
  };
}

export interface Gatehouse {
  services: Services;
  server: Server;
  routes: LiveRoutes;
  table: () => RouteTable;
  /** does the work of the queue */
  worker: Worker;
  /** where it listens */
  address(): { host: string; port: number };
  /** finishes what is in flight, at most `http.drainSeconds`, then gives everything back */
  stop(): Promise<void>;
}

/** Opens everything and listens. Mistakes of the operator are thrown before the socket opens. */
export async function startGatehouse(settings: Settings, overrides: Overrides = {}): Promise<Gatehouse> {
  const workbench = await openServices(settings, overrides);
  try {
    return await listen(workbench, overrides);
  } catch (error) {
    await workbench.close();
    throw error;
  }
}

async function listen(
  { services, listeners, close }: Workbench,
  { gather, tracing, idleGrace }: Overrides,
): Promise<Gatehouse> {
  const { settings, stores, log } = services;
  const routes = await createLiveRoutes({
    vocabulary,
    services,
    readBody: (ctx) => stateOf(ctx).route!.dialect.readBody(ctx, services),
    welcomeOwnCode: (ctx) => welcomeOwnCode(ctx, services),
    report: (text) => process.stderr.write(`${text}\n`),
  });
  const { table } = routes;
  services.desk = createRouteDesk(settings.routesFile, { vocabulary, settings }, routes);
  services.pathOf = servedPaths(table);
  let stopping = false;
  const checks = [
    { name: 'database', check: () => stores.ping().then(() => undefined) },
    { name: 'routes', check: () => routes.state().trouble, onlyTold: true },
  ];
  const metrics = await metricsOf({ services, routes: routes.state, gather });
  if (metrics) listeners.push(metrics.listener);
  const app = createApp({ services, table, checks, isStopping: () => stopping, metrics, tracer: tracing?.tracer });
  const server = createServer(app, settings);
  await openSocket(server, settings.http).catch(async (error: unknown) => {
    await routes.close();
    throw error;
  });
  const sweeper = startSweeper(services);
  const worker = startWorker(services, performersOf(services));
  log.info({ host: settings.http.host, port: (server.address() as AddressInfo).port }, 'listening');
  return {
    services,
    server,
    routes,
    table,
    worker,
    address: () => ({ host: settings.http.host, port: (server.address() as AddressInfo).port }),
    async stop() {
      stopping = true;
      clearInterval(sweeper);
      await drain(server, settings.http.drainSeconds, idleGrace);
      await routes.close();
      await worker.close();
      await close();
    },
  };
}

/** Few want them, and what counts them takes its share of the memory. */
async function metricsOf(parts: MetricsParts): Promise<Metrics | undefined> {
  if (!parts.services.settings.metrics.enabled) return undefined;
  return (await import('./metrics/index.js')).createMetrics(parts);
}

/** Asked for at many requests, so each path is looked for once in the table in use. */
function servedPaths(table: () => RouteTable): Services['pathOf'] {
  const known = new WeakMap<RouteTable, Map<string, string>>();
  return (handler) => {
    const current = table();
    const paths = known.get(current) ?? new Map<string, string>();
    if (paths.size === 0) known.set(current, paths);
    const path = paths.get(handler) ?? pathOf(current, handler);
    if (!paths.has(handler)) paths.set(handler, path);
    return path;
  };
}

/** The first that runs the handler; where a page may post to several, one that answers in pages. */
function pathOf({ routes }: RouteTable, handler: string): string {
  const served = routes.filter(({ entry }) => entry.enabled && entry.handler === handler);
  const route = served.find(({ forBrowsers }) => forBrowsers) ?? served[0];
  return route?.entry.path ?? '';
}

const socketProblems: Record<string, string> = {
  EADDRINUSE: 'is taken by another program',
  EACCES: 'may not be opened by this user',
  EADDRNOTAVAIL: 'cannot be opened: this machine does not have that address',
};

/** What the name itself does not lead to. */
const unknownHost = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);

/** @throws Misconfiguration when the operator chose a port or an address that cannot be had */
async function openSocket(server: Server, { host, port }: Settings['http']): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (unknownHost.has(code))
      throw new Misconfiguration([{ key: 'http.host', message: `no address is known for the host "${host}"` }]);
    const problem = socketProblems[code];
    if (!problem) throw error;
    throw new Misconfiguration([{ key: 'http.port', message: `port ${port} on ${host} ${problem}` }]);
  }
}

/** A client on a slow way has its next request under way so long after an answer, in milliseconds. */
const usualGrace = 250;

/**
 * Accepts nothing new and lets what is in flight finish; answers now carry `Connection: close`. Node's own `close` would
 * reset connections whose next request has arrived but was not read yet, so idle ones are closed only after a moment.
 * What is left when the time is over is cut.
 */
async function drain(server: Server, seconds: number, grace = usualGrace): Promise<void> {
  const closed = new Promise((resolve) => {
    NetServer.prototype.close.call(server, resolve);
  });
  const idle = setInterval(() => server.closeIdleConnections(), grace);
  const timer = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}
