import type { Context } from 'koa';
import type { Settings } from '../config/settings.js';
import { Refusal } from '../errors.js';

/** Headers every answer carries (ASVS 3.4.1 to 3.4.6). A page sets its own policy over ours. */
export function securityHeaders({ publicUrl, http: { hstsSeconds } }: Settings): [name: string, value: string][] {
  const headers: [string, string][] = [
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ];
  if (publicUrl.startsWith('https:') && hstsSeconds) {
    headers.push(['Strict-Transport-Security', `max-age=${hstsSeconds}; includeSubDomains`]);
  }
  return headers;
}

export interface Origins {
  /** the origin is the server's own */
  ours(origin: string): boolean;
  /** the origin is in `cors.origins` */
  listed(origin: string): boolean;
}

/** Which origins may act here. In development `localhost` and `127.0.0.1` are the same place. */
export function knownOrigins(settings: Settings): Origins {
  const own = new URL(settings.publicUrl);
  const ours = new Set([own.origin]);
  if (!settings.production && isLoopback(own.hostname)) {
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      ours.add(`${own.protocol}//${host}${own.port && `:${own.port}`}`);
  }
  const listed = new Set(settings.cors.origins);
  return { ours: (origin) => ours.has(origin), listed: (origin) => listed.has(origin) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '[::1]';
}

/**
 * Refuses what another site's page may have sent: a JSON body under `text/plain` is a "simple" request that no preflight
 * stops (contract ext-login, section 1; ASVS 3.5.2). Clients that send neither header are no browsers and pass.
 */
export function refuseCrossSite(ctx: Context, origins: Origins): void {
  const { origin, 'sec-fetch-site': site } = ctx.req.headers;
  if (origin !== undefined && origins.listed(origin)) return;
  if (site === 'cross-site' || (origin !== undefined && !origins.ours(origin))) throw new Refusal('cross-site');
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}
