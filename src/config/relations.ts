import ipaddr from 'ipaddr.js';
import { eventTypes } from '../events.js';
import { parseMailbox } from '../lib/address.js';
import { pointerTo } from '../lib/pointer.js';
import { didYouMean } from '../lib/suggest.js';
import type { Unfit } from './check.js';
import { splitSecrets } from './secret.js';
import type { Settings } from './settings.js';

type Rule = (settings: Settings) => Iterable<Unfit>;

/** What a schema cannot say: how settings fit together. Each rule names every setting that does not. */
const rules: Rule[] = [
  publicUrl,
  trustedProxies,
  timeouts,
  origins,
  redirects,
  cookie,
  sessionLimits,
  production,
  addresses,
  webhooks,
  fallbackPrefixes,
  urls,
];

export function relationMistakes(settings: Settings): Unfit[] {
  return rules.flatMap((rule) => [...rule(settings)]);
}

function* publicUrl({ publicUrl }: Settings): Iterable<Unfit> {
  const pointer = '/publicUrl';
  const url = parseHttp(publicUrl);
  if (!url)
    yield { pointer, message: `must be an http or https URL such as https://login.example.org, not "${publicUrl}"` };
  else if (url.username || url.password || url.search || url.hash)
    yield { pointer, message: 'must hold no user, password, query or fragment' };
}

function* trustedProxies({ http }: Settings): Iterable<Unfit> {
  for (const [index, network] of http.trustedProxies.entries()) {
    if (ipaddr.isValidCIDR(network) || ipaddr.IPv4.isValidFourPartDecimal(network) || ipaddr.IPv6.isValid(network))
      continue;
    const message = `must be a network such as 10.0.0.0/8 or ::1/128, not "${network}"`;
    yield { pointer: `/http/trustedProxies/${index}`, message };
  }
}

function* timeouts({ http }: Settings): Iterable<Unfit> {
  if (http.headersTimeoutSeconds > http.requestTimeoutSeconds)
    yield { pointer: '/http/headersTimeoutSeconds', message: 'must not be more than http.requestTimeoutSeconds' };
}

function* origins({ cors, redirects }: Settings): Iterable<Unfit> {
  const lists: [string, string[]][] = [
    ['/cors/origins', cors.origins],
    ['/redirects/origins', redirects.origins],
  ];
  for (const [pointer, list] of lists) {
    for (const [index, origin] of list.entries()) {
      const message = notAnOrigin(origin);
      if (message) yield { pointer: `${pointer}/${index}`, message };
    }
  }
}

/** Browsers compare origins letter by letter: one with a slash at its end would never match. */
function notAnOrigin(text: string): string | undefined {
  if (text === '*') return 'name the exact origins: "*" would let every site speak in the name of your users';
  const url = parseHttp(text);
  if (!url) return `must be an origin such as https://app.example, not "${text}"`;
  return url.origin === text
    ? undefined
    : `must be an origin without path or default port, did you mean "${url.origin}"?`;
}

function* redirects(settings: Settings): Iterable<Unfit> {
  const allowed = new Set([originOf(settings.publicUrl), ...settings.redirects.origins]);
  for (const [pointer, target] of textsBelow(settings.redirects, '/redirects')) {
    const message = target === '' ? undefined : wrongTarget(target, settings.publicUrl, allowed);
    if (message) yield { pointer, message };
  }
}

function* textsBelow(part: object, pointer: string): Iterable<[string, string]> {
  for (const [key, value] of Object.entries(part) as [string, unknown][]) {
    const below = `${pointer}${pointerTo(key)}`;
    if (typeof value === 'string') yield [below, value];
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield* textsBelow(value, below);
  }
}

/** `//evil`, `/\evil` and control characters look like paths and are not: what the parser makes of it decides. */
function wrongTarget(target: string, publicUrl: string, allowed: Set<string>): string | undefined {
  if (!/^(?:\/|https?:\/\/)/i.test(target))
    return `must be a path that begins with "/" or an absolute URL, not "${target}"`;
  if (/[\\\s\p{Cc}]/u.test(target)) return 'must hold no blank, backslash or control character';
  if (!URL.canParse(target, `${publicUrl}/`)) return `must be a path or an absolute URL, not "${target}"`;
  const url = new URL(target, `${publicUrl}/`);
  if (url.username || url.password) return 'must hold no user or password';
  return allowed.has(url.origin)
    ? undefined
    : `${url.origin} is neither publicUrl's origin nor listed in redirects.origins`;
}

function* cookie({ publicUrl, session: { cookie } }: Settings): Iterable<Unfit> {
  const url = parseHttp(publicUrl);
  const https = url?.protocol === 'https:';
  const domain = cookie.domain.replace(/^\./, '').toLowerCase();
  const host = url?.hostname ?? '';
  if (cookie.sameSite === 'none' && !https)
    yield at('sameSite', 'none needs an https publicUrl: browsers refuse it otherwise');
  if (domain && host !== domain && !host.endsWith(`.${domain}`))
    yield at('domain', `publicUrl's host ${host} is not in it`);
  if (['XSRF-TOKEN', 'gatehouse_device'].includes(cookie.name))
    yield at('name', 'another cookie of this server has this name');
  if (/^__(secure|host)-/i.test(cookie.name) && !https) yield at('name', 'this beginning needs an https publicUrl');
  if (/^__host-/i.test(cookie.name) && domain) yield at('name', 'this beginning forbids a domain');

  function at(name: string, message: string): Unfit {
    return { pointer: `/session/cookie/${name}`, message };
  }
}

function* sessionLimits({ session }: Settings): Iterable<Unfit> {
  if (session.idleMinutes > session.absoluteHours * 60)
    yield { pointer: '/session/idleMinutes', message: 'must not be more than session.absoluteHours' };
  if (session.rememberIdleDays > session.rememberAbsoluteDays)
    yield { pointer: '/session/rememberIdleDays', message: 'must not be more than session.rememberAbsoluteDays' };
  if (session.touchSeconds >= session.idleMinutes * 60)
    yield {
      pointer: '/session/touchSeconds',
      message: 'must be less than session.idleMinutes, or sessions end while they are used',
    };
}

const leastProductionCost = 10;
const leastSecretLength = 16;

function* production({ production, password, secret, metrics }: Settings): Iterable<Unfit> {
  if (!production) return;
  if (password.cost < leastProductionCost)
    yield {
      pointer: '/password/cost',
      message: `must be at least ${leastProductionCost} in production, not ${password.cost}`,
    };
  if (splitSecrets(secret).some((one) => one.length < leastSecretLength))
    yield {
      pointer: '/secret',
      message: `each secret must have at least ${leastSecretLength} characters in production`,
    };
  if (metrics.enabled && metrics.token.length < leastSecretLength)
    yield {
      pointer: '/metrics/token',
      message: `must have at least ${leastSecretLength} characters in production, or anybody could read /metrics`,
    };
}

function* addresses({ mail }: Settings): Iterable<Unfit> {
  for (const name of ['from', 'siteAddress'] as const) {
    if (parseMailbox(mail[name]) || (name === 'siteAddress' && mail.siteAddress === mail.from)) continue;
    const message = `must be an address or "Name <address>", not ${JSON.stringify(mail[name])}`;
    yield { pointer: `/mail/${name}`, message };
  }
}

function* webhooks({ webhooks }: Settings): Iterable<Unfit> {
  for (const [index, { url, secret, events }] of webhooks.entries()) {
    if (!parseHttp(url))
      yield { pointer: `/webhooks/${index}/url`, message: `must be an http or https URL, not "${url}"` };
    if (secret.length < leastSecretLength)
      yield { pointer: `/webhooks/${index}/secret`, message: `must have at least ${leastSecretLength} characters` };
    for (const [at, name] of events.entries()) {
      if (eventTypes.some((type) => type === name)) continue;
      const message = `there is no event "${name}"${didYouMean(name, eventTypes)}`;
      yield { pointer: `/webhooks/${index}/events/${at}`, message };
    }
  }
}

function* fallbackPrefixes({ http }: Settings): Iterable<Unfit> {
  for (const prefix of Object.keys(http.fallbackDialects)) {
    if (prefix.startsWith('/')) continue;
    yield { pointer: `/http/fallbackDialects${pointerTo(prefix)}`, message: 'must begin with "/"' };
  }
}

/** Of a Redis with several hosts, which no URL can name, its own reader judges. */
function* urls({ databaseUrl, redisUrl, smtpUrl }: Settings): Iterable<Unfit> {
  const all = {
    databaseUrl: databaseUrl.startsWith('sqlite:') ? '' : databaseUrl,
    redisUrl: redisUrl.includes('+') ? '' : redisUrl,
    smtpUrl,
  };
  for (const [name, url] of Object.entries(all)) {
    if (url === '' || URL.canParse(url)) continue;
    yield {
      pointer: `/${name}`,
      message: 'cannot be read as a URL; are special characters of its password written as %40, %2F …?',
    };
  }
}

function parseHttp(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text) || /[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

function originOf(url: string): string {
  return parseHttp(url)?.origin ?? '';
}
