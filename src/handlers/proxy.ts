import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Context } from 'koa';
import { Refusal } from '../errors.js';
import { endToEnd, identityHeaders, isIdentityHeader } from '../http/identity.js';
import { createSchemeResolver } from '../http/scheme.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import { fill, placeholders } from '../lib/fill.js';
import type { HandlerDefinition, RouteEntry } from '../routes/contract.js';
import type { Settings } from '../config/settings.js';
import { wrongTarget } from './redirect-to.js';
import { mistake } from './respond.js';

interface Forwarding {
  upstream: string;
  strip?: string;
  headers?: Record<string, string>;
  timeout?: number;
}

export const proxy: HandlerDefinition = {
  name: 'proxy',
  description: 'Forwards to a backend and tells it who is logged in: X-User-Id, X-User-Name, X-User-Groups.',
  changesState: false,
  rawBody: true,
  options: {
    upstream: { type: 'string', minLength: 1, description: 'URL of the backend: http://127.0.0.1:8080' },
    strip: { type: 'string', pattern: '^/', description: 'The beginning of the path that the backend does not know.' },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Headers added for the backend.',
    },
    timeout: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 3600,
      description: 'Seconds to wait for the backend, 30 unless said.',
    },
  },
  requiredOptions: ['upstream'],
  answers: [
    { status: 502, description: 'The backend cannot be reached or answers nonsense.' },
    { status: 504, description: 'The backend does not answer in time.' },
  ],
  check(entry, settings) {
    const wrong = wrongTarget(entry, String(entry.options.upstream), 'upstream') ?? foreignHost(entry, settings);
    return wrong ? [mistake(entry, 'upstream', wrong)] : [];
  },
  create({ services, entry }) {
    const forwarding = entry.options as unknown as Forwarding;
    const own = ownCookies(services.settings);
    const schemeOf = createSchemeResolver(services.settings);
    return async (ctx) => {
      const url = targetOf(ctx, forwarding);
      const headers = await requestHeaders(
        ctx,
        url,
        own,
        forwarding,
        schemeOf(ctx.req),
        identityHeaders(await loginOf(ctx, services)),
      );
      const upgrade = stateOf(ctx).upgrade;
      const answer = await call(ctx, url, headers, (forwarding.timeout ?? 30) * 1000, upgrade);
      if (answer) passOn(ctx, answer, own);
    };
  },
};

/** `routes.proxyHosts`, when there is one, says which hosts the server may talk to (ASVS 13.2.4). */
function foreignHost(entry: RouteEntry, { routes: { proxyHosts } }: Settings): string | undefined {
  const { host, hostname } = new URL(String(entry.options.upstream).replaceAll(/[{}]/g, ''));
  const known = proxyHosts.length === 0 || proxyHosts.includes(host) || proxyHosts.includes(hostname);
  return known ? undefined : `"${host}" is not in routes.proxyHosts`;
}

/** The cookies that are secrets of ours: no backend sees them, none can set them. */
function ownCookies({ session }: Settings): Set<string> {
  return new Set([session.cookie.name, 'gatehouse_device']);
}

/**
 * The path as the client sent it, undecoded, so that `%2F` stays what it is; one that climbs (`..`, however written) is
 * refused, because the backend would read another path than the one that was guarded (ASVS 1.3.6).
 */
function targetOf(ctx: Context, { upstream, strip = '' }: Forwarding): URL {
  const raw = ctx.req.url ?? '/';
  const end = raw.indexOf('?');
  const path = end === -1 ? raw : raw.slice(0, end);
  const query = end === -1 ? '' : raw.slice(end);
  if (/(^|\/)(\.|%2e){1,2}(?=\/|$|%2f|%5c)|\\|%5c|%00/i.test(path)) throw new Refusal('bad-request');
  if (placeholders(upstream).length > 0)
    return new URL(withQuery(fill(upstream, ctx.params as Record<string, string>, encodeStep), query));
  const base = upstream.replace(/\/+$/, '');
  const rest = strip && path.startsWith(strip) ? path.slice(strip.replace(/\/$/, '').length) : path;
  return new URL(base + (rest.startsWith('/') ? rest : `/${rest}`) + query);
}

/** A value that is nothing but dots would climb. */
function encodeStep(value: string): string {
  if (/^\.{1,2}$/.test(value)) throw new Refusal('bad-request');
  return encodeURIComponent(value);
}

function withQuery(url: string, query: string): string {
  return url.includes('?') && query ? `${url}&${query.slice(1)}` : url + query;
}

async function requestHeaders(
  ctx: Context,
  url: URL,
  own: Set<string>,
  { headers = {} }: Forwarding,
  scheme: string,
  identity: Record<string, string>,
): Promise<Record<string, string | string[]>> {
  const passing = Object.entries(endToEnd(ctx.req.headers)).filter(
    ([name]) => !isIdentityHeader(name) && name !== 'cookie',
  );
  const cookie = othersCookies(ctx.req.headers.cookie ?? '', own);
  return {
    ...Object.fromEntries(passing),
    ...(cookie ? { cookie } : {}),
    host: url.host,
    'x-forwarded-for': stateOf(ctx).visitor.address,
    'x-forwarded-host': ctx.get('host'),
    'x-forwarded-proto': scheme,
    'x-request-id': stateOf(ctx).requestId,
    ...headers,
    ...identity,
  };
}

function othersCookies(header: string, own: Set<string>): string {
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair && !own.has(pair.slice(0, pair.indexOf('=')))).join('; ');
}

const agents = { 'http:': new PlainAgent({ keepAlive: true }), 'https:': new TlsAgent({ keepAlive: true }) };

/** The head of the backend's answer; undefined when the connection was handed over as a WebSocket. */
function call(
  ctx: Context,
  url: URL,
  headers: Record<string, string | string[]>,
  timeout: number,
  upgrade: Duplex | undefined,
): Promise<IncomingMessage | undefined> {
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const agent = upgrade ? false : agents[url.protocol as keyof typeof agents];
  const asks = upgrade ? { ...headers, connection: 'Upgrade', upgrade: ctx.get('upgrade') } : headers;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: ctx.method, headers: asks, agent, timeout });
    const giveUp = (): void => void outgoing.destroy(new Refusal('upstream-timeout'));
    // counted from the end of the request: a large upload may take its time as long as it moves
    let late: NodeJS.Timeout | undefined;
    outgoing.once('finish', () => (late = setTimeout(giveUp, timeout)));
    const settle = (answer?: IncomingMessage): void => {
      clearTimeout(late);
      resolve(answer);
    };
    outgoing.on('response', settle);
    outgoing.on('timeout', giveUp);
    outgoing.on('error', (error) => {
      clearTimeout(late);
      reject(error instanceof Refusal ? error : new Refusal('upstream-failed'));
    });
    outgoing.on('upgrade', (answer, socket, head) => {
      ctx.respond = false;
      ctx.res.detachSocket(upgrade as Socket);
      join(upgrade!, answer, socket, head);
      settle();
    });
    ctx.res.once('close', () => outgoing.destroy());
    sendBody(ctx, outgoing, upgrade);
  });
}

function sendBody(ctx: Context, outgoing: ClientRequest, upgrade: Duplex | undefined): void {
  if (upgrade) outgoing.end();
  else ctx.req.pipe(outgoing);
}

/** From here on the two ends talk to each other. */
function join(client: Duplex, answer: IncomingMessage, backend: Duplex, head: Buffer): void {
  const lines = [`HTTP/1.1 101 ${answer.statusMessage ?? 'Switching Protocols'}`];
  for (let at = 0; at < answer.rawHeaders.length; at += 2)
    lines.push(`${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`);
  client.write(`${lines.join('\r\n')}\r\n\r\n`);
  client.write(head);
  const end = (): void => {
    client.destroy();
    backend.destroy();
  };
  client.on('error', end).on('close', end);
  backend.on('error', end).on('close', end);
  backend.pipe(client).pipe(backend);
}

/** The backend's own policies replace ours; our cookies are not its to set. */
function passOn(ctx: Context, answer: IncomingMessage, own: Set<string>): void {
  ctx.remove('Content-Security-Policy');
  ctx.status = answer.statusCode ?? 502;
  for (const [name, value] of Object.entries(endToEnd(answer.headers))) {
    if (name !== 'set-cookie') ctx.set(name, value);
  }
  const cookies = (answer.headers['set-cookie'] ?? []).filter(
    (line) => !own.has(line.slice(0, line.indexOf('=')).trim()),
  );
  if (cookies.length) ctx.append('Set-Cookie', cookies);
  answer.on('error', () => ctx.res.destroy());
  ctx.body = answer;
  ctx.status = answer.statusCode ?? 502;
}
