import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import cors from '@koa/cors';
import type { Tracer } from '@opentelemetry/api';
import Koa, { type Context, type Middleware } from 'koa';
import type { Services } from './auth/services.js';
import type { Settings } from './config/settings.js';
import { dialects } from './dialects/index.js';
import type { Dialect } from './dialects/dialect.js';
import { Misconfiguration, Refusal } from './errors.js';
import { prefersHtml } from './http/accepts.js';
import { requestHandler } from './http/answering.js';
import { boundary } from './http/boundary.js';
import { createAddressResolver } from './http/client-address.js';
import { health, type HealthCheck } from './http/health.js';
import { requestLog } from './http/log.js';
import { isSafeMethod, knownOrigins, refuseCrossSite, type Origins } from './http/security.js';
import { createSchemeResolver } from './http/scheme.js';
import { sessionLayer } from './http/session.js';
import { stateOf } from './http/state.js';
import { replyClass, replyOf } from './http/reply.js';
import { handleUpgrades, upgradeOf } from './http/upgrade.js';
import { RequestVisitor } from './http/visitor.js';
import { andThen, type Answer } from './lib/answer.js';
import { asLayer, nested, type Layer } from './lib/layers.js';
import { version } from './lib/version.js';
import { apiPages } from './pages/api.js';
import type { Metrics } from './metrics/index.js';
import { traceRequests } from './tracing/spans.js';
import { didYouMean } from './lib/suggest.js';
import type { BoundRoute, RouteTable } from './routes/contract.js';
import { describeApi, type OpenApi } from './routes/openapi.js';

export interface ServerParts {
  services: Services;
  /** the table in use; a reload replaces it, a request keeps the one it started with */
  table: () => RouteTable;
  checks: HealthCheck[];
  isStopping: () => boolean;
  metrics?: Metrics | undefined;
  tracer?: Tracer | undefined;
}

/** Koa's contexts, and what runs over them. */
export interface App {
  koa: Koa;
  run: (ctx: Context) => Answer<unknown>;
}

/** The whole request path, top to bottom; the security headers are part of every `Reply`. */
export function createApp({ services, table, checks, isStopping, metrics, tracer }: ServerParts): App {
  const { settings, log } = services;
  const koa = new Koa();
  const fallback = fallbackDialect(settings);
  const layers: Layer[] = [];
  koa.on('error', (error: Error) => log.warn({ err: error }, 'response failed'));

  layers.push(welcome(services, isStopping, metrics));
  if (tracer) layers.push(asLayer(traceRequests(tracer)));
  layers.push(requestLog(services, metrics?.note));
  layers.push(boundary(services, fallback));
  if (settings.cors.origins.length) layers.push(asLayer(crossOrigin(settings)));
  layers.push(health(services, checks, isStopping));
  if (metrics) layers.push(metrics.endpoint);
  if (settings.docs.enabled) layers.push(apiPages(api(table, settings)));
  layers.push(routes(table, fallback, settings, sessionLayer(koa, services)));
  return { koa, run: nested(layers) };
}

/** Gives the request its id and its state. */
function welcome(services: Services, isStopping: () => boolean, metrics?: Metrics): Layer {
  const resolve = createAddressResolver(services.settings.http.trustedProxies, noteIgnored(services, metrics));
  const start = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  let count = 0;
  return (ctx, next) => {
    const requestId = `${start}-${(count += 1).toString(36)}`;
    ctx.state = { requestId, visitor: new RequestVisitor(ctx, services, requestId, resolve) };
    replyOf(ctx).put('X-Request-Id', requestId);
    const upgrade = upgradeOf(ctx.req);
    if (upgrade) stateOf(ctx).upgrade = upgrade;
    if (isStopping()) ctx.res.setHeader('Connection', 'close');
    return next();
  };
}

/** Counted each time, logged once: anybody can send these headers. */
function noteIgnored({ log }: Services, metrics?: Metrics): (peer: string) => void {
  let told = false;
  return (peer) => {
    metrics?.noteIgnoredForwarding();
    if (!told) log.warn({ peer }, 'ignoring forwarding headers of a peer that is not in http.trustedProxies');
    told = true;
  };
}

/** Answers preflights and names the exact origin; never `*` (ASVS 3.4.2). */
function crossOrigin({ cors: { origins, credentials } }: Settings): Middleware {
  const allowed = new Set(origins);
  return cors({
    origin: (ctx) => (allowed.has(ctx.get('Origin')) ? ctx.get('Origin') : ''),
    credentials,
    exposeHeaders: ['X-CSRF-Token', 'X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
    maxAge: 600,
  });
}

/** Worked out only for a table in which host or scheme count. */
class Where {
  readonly #ctx: Context;
  readonly #schemeOf: (request: IncomingMessage) => string;
  constructor(ctx: Context, schemeOf: (request: IncomingMessage) => string) {
    this.#ctx = ctx;
    this.#schemeOf = schemeOf;
  }
  get host(): string {
    return this.#ctx.host;
  }
  get scheme(): string {
    return this.#schemeOf(this.#ctx.req);
  }
}

/** The document of the table in use, made when somebody asks for it. */
function api(table: () => RouteTable, settings: Settings): () => OpenApi {
  const documents = new WeakMap<RouteTable, OpenApi>();
  return () => {
    const current = table();
    const document = documents.get(current) ?? describeApi(current.routes, settings, version);
    documents.set(current, document);
    return document;
  };
}

/** Finds the route of a request and runs it. */
function routes(
  table: () => RouteTable,
  fallback: (path: string) => Dialect,
  settings: Settings,
  withSession: Middleware,
): Layer {
  // a cookie that goes along to other sites is meant for them
  const embeddable = settings.session.cookie.sameSite === 'none';
  const serving = { origins: knownOrigins(settings), embeddable, withSession };
  const schemeOf = createSchemeResolver(settings);
  return (ctx) => {
    const match = table().match(ctx.method, ctx.path, new Where(ctx, schemeOf));
    switch (match.kind) {
      case 'found':
        ctx.params = match.params;
        return serve(ctx, spoken(ctx, match.route), serving);
      case 'wrong-method':
        return wrongMethod(ctx, match.route, match.allow);
      case 'malformed':
        throw new Refusal('bad-request');
      case 'none':
        if (ctx.method === 'OPTIONS' && ctx.path === '*') return void (ctx.status = fallback(ctx.path).optionsStatus);
        return void (stateOf(ctx).refused = unknownPath);
    }
  };
}

/** One for all: it never differs. */
const unknownPath = new Refusal('not-found');

/** A browser's page, and the form that one of our pages posted (`?page=` names it), are answered in HTML. */
function spoken(ctx: Context, route: BoundRoute): BoundRoute {
  const { forBrowsers, handler } = route;
  const wanted = forBrowsers && (handler.page || ctx.query['page'] !== undefined) && prefersHtml(ctx);
  return wanted ? forBrowsers : route;
}

interface Serving {
  origins: Origins;
  /** answers to who is logged in may stand in pages of other sites */
  embeddable: boolean;
  withSession: Middleware;
}

function serve(ctx: Context, route: BoundRoute, { origins, embeddable, withSession }: Serving): Answer<unknown> {
  const { handler } = route;
  stateOf(ctx).route = route;
  route.dialect.admit?.(ctx, route);
  if (handler.private !== false || asksWhoIsThere(route)) keepToOneself(ctx, embeddable);
  // a page of another site may open a WebSocket to us, with the user's cookie and without a preflight
  if (handler.changesState || !isSafeMethod(ctx.method) || stateOf(ctx).upgrade) refuseCrossSite(ctx, origins);
  const ran = handler.ownsSession ? (withSession(ctx, async () => route.run(ctx)) as Promise<void>) : route.run(ctx);
  return andThen(ran, () => stateOf(ctx).afterwards?.());
}

/** What depends on who asks: no cache keeps it, no other site's page takes it for a picture or a script (ASVS 3.5.8). */
function keepToOneself(ctx: Context, embeddable: boolean): void {
  replyOf(ctx).put('Cache-Control', 'no-store');
  if (!embeddable) replyOf(ctx).put('Cross-Origin-Resource-Policy', 'same-site');
}

/** Some middleware of it looks at the session, and may put its token into the answer. */
function asksWhoIsThere({ entry }: BoundRoute): boolean {
  return entry.middleware.some(({ name }) => name !== 'throttle');
}

function wrongMethod(ctx: Context, route: BoundRoute, allow: string[]): void {
  stateOf(ctx).route = route;
  if (ctx.method !== 'OPTIONS') throw new Refusal('method-not-allowed', { allow });
  ctx.set('Allow', allow.join(', '));
  ctx.set('Cache-Control', 'no-store');
  ctx.body = null;
  ctx.status = route.dialect.optionsStatus;
}

/** Which dialect speaks where no route matched: the longest prefix of `http.fallbackDialects` (contract ext-login, section 10). */
export function fallbackDialect({ http, routes: { dialect } }: Settings): (path: string) => Dialect {
  for (const name of [...Object.values(http.fallbackDialects), dialect]) refuseUnknownDialect(name);
  const prefixes = Object.entries(http.fallbackDialects).sort(([a], [b]) => b.length - a.length);
  return (path) => {
    const lower = path.toLowerCase();
    const entry = prefixes.find(([prefix]) => lower === prefix || lower.startsWith(`${prefix}/`) || prefix === '/');
    return dialects.get(entry?.[1] ?? dialect)!;
  };
}

function refuseUnknownDialect(name: string): void {
  if (dialects.has(name)) return;
  const message = `unknown dialect "${name}"${didYouMean(name, dialects.keys())}`;
  throw new Misconfiguration([{ key: 'http.fallbackDialects', message }]);
}

/** Node's server with bounds on everything a client can make large or slow (ASVS 4.2.5, 15.1.3). */
export function createServer({ koa, run }: App, settings: Settings): Server {
  const { http } = settings;
  const handle = requestHandler(koa, run);
  const ServerResponse = replyClass(settings);
  const server = createHttpServer(
    {
      ServerResponse,
      maxHeaderSize: http.headerLimit,
      requestTimeout: http.requestTimeoutSeconds * 1000,
      headersTimeout: http.headersTimeoutSeconds * 1000,
      keepAliveTimeout: http.keepAliveSeconds * 1000,
      connectionsCheckingInterval: 1000,
    },
    handle,
  );
  // Node would drop what comes after the limit without a word, X-Forwarded-For and Origin too; headerLimit bounds them all
  server.maxHeadersCount = 0;
  handleUpgrades(server, ServerResponse, handle);
  return server;
}
