import type { Settings } from '../config/settings.js';
import type { Dialect, Policy } from '../dialects/dialect.js';
import type { Mistake, Reason } from '../errors.js';
import { isBehindBuiltIn } from './built-in.js';
import type { HandlerDefinition, MiddlewareDefinition, RouteEntry, Vocabulary } from './contract.js';
import { Shadows } from './shadow.js';

export interface LintOptions {
  vocabulary: Vocabulary;
  settings: Settings;
}

/** What works, but is probably not meant (contract routes-yaml, section 3). `check --strict` makes errors of it. */
export function* lintInSteps(entries: readonly RouteEntry[], options: LintOptions): Generator<undefined, Mistake[]> {
  const shadows = new Shadows();
  const warnings: Mistake[] = [];
  const served = new Set(entries.filter(({ enabled }) => enabled).map(({ handler }) => handler));
  let count = 0;
  for (const entry of entries) {
    const dialect = options.vocabulary.dialects.get(entry.dialect)!;
    const subject = subjectOf(entry, dialect, options);
    if (entry.enabled) warnings.push(...rules.flatMap((rule) => rule(subject) ?? []), ...deadEnds(subject, served));
    const shadow = shadows.add(entry, dialect);
    if (shadow) warnings.push(unreachable(entry, shadow));
    if (++count % 50 === 0) yield;
  }
  return warnings;
}

/** One entry with everything the rules ask about it. */
interface Subject {
  entry: RouteEntry;
  /** absent: a module of the user's own */
  handler: HandlerDefinition | undefined;
  middleware: MiddlewareDefinition[];
  /** the dialect limits attempts and mails itself */
  limitsItself: boolean;
  cookies: boolean;
  policy: Policy;
  settings: Settings;
}

function subjectOf(entry: RouteEntry, dialect: Dialect, { vocabulary, settings }: LintOptions): Subject {
  const providers = entry.authentication ?? settings.routes.authentication;
  const policy = dialect.policy(settings);
  return {
    entry,
    handler: vocabulary.handlers.get(entry.handler),
    middleware: entry.middleware.flatMap(({ name }) => vocabulary.middleware.get(name) ?? []),
    limitsItself: policy.login.flood !== undefined,
    cookies: providers.includes('cookie'),
    policy,
    settings,
  };
}

const rules: ((subject: Subject) => Mistake | undefined)[] = [
  changingGet,
  guessable,
  forgeable,
  adminWithoutLogin,
  behindBuiltIn,
  bodyOfReads,
  bearer,
];

/** Links are followed by mail scanners, crawlers and `<img>` on other sites. */
function changingGet({ entry, handler, middleware }: Subject): Mistake | undefined {
  if (!handler?.changesState || !(entry.methods.length === 0 || entry.methods.includes('GET'))) return undefined;
  if (handler.publishedAsGet && refuses(middleware, csrfReasons)) return undefined;
  return warning(
    entry,
    'methods',
    `"${handler.name}" changes something, and a GET is followed by mail scanners and crawlers; use POST`,
  );
}

function guessable({ entry, handler, middleware, limitsItself }: Subject): Mistake | undefined {
  if (!handler || limitsItself || refuses(middleware, ['throttled'])) return undefined;
  if (handler.failures?.length)
    return warning(entry, 'middleware', `"${handler.name}" can be tried again and again without throttle`);
  return handler.sendsMail
    ? warning(entry, 'middleware', `"${handler.name}" sends mail as often as anybody likes without throttle`)
    : undefined;
}

const csrfReasons: Reason[] = ['csrf-missing', 'csrf-mismatch', 'logout-token-missing'];
const userReasons: Reason[] = ['unauthenticated', 'not-admin', 'not-in-group', 'not-owner', 'stale-login'];

/** A cookie is sent along by the browser whoever's page made the request. */
function forgeable({ entry, handler, middleware, cookies }: Subject): Mistake | undefined {
  const changes =
    entry.methods.length === 0 || entry.methods.some((method) => !['GET', 'HEAD', 'OPTIONS'].includes(method));
  const forCaller = handler?.actsForCaller || refuses(middleware, userReasons);
  if (!changes || !cookies || !forCaller || refuses(middleware, csrfReasons)) return undefined;
  return warning(
    entry,
    'middleware',
    'the cookie alone opens this to forms on other sites; add csrf, or auth for both',
  );
}

function adminWithoutLogin({ entry, middleware }: Subject): Mistake | undefined {
  if (!refuses(middleware, ['not-admin']) || refuses(middleware, ['unauthenticated'])) return undefined;
  return warning(
    entry,
    'middleware',
    'without authenticate (or auth) before it, admin answers 403 where 401 would ask for a login',
  );
}

function behindBuiltIn({ entry, settings }: Subject): Mistake | undefined {
  if (!isBehindBuiltIn(entry, settings)) return undefined;
  return warning(entry, 'path', `this entry is never reached: the server itself answers "${entry.path}"`);
}

function bodyOfReads({ entry }: Subject): Mistake | undefined {
  const reads = entry.methods.length > 0 && entry.methods.every((method) => ['GET', 'HEAD'].includes(method));
  if (!reads || !entry.body) return undefined;
  return warning(entry, 'body', 'a GET carries no body; declare this under "query", or answer POST');
}

function bearer({ entry }: Subject): Mistake | undefined {
  const at = entry.authentication?.indexOf('bearer') ?? -1;
  if (at < 0) return undefined;
  return warning(entry, `authentication/${at}`, 'nobody can log in by "bearer" yet; cookie and basic work');
}

/** A mail with a link that leads nowhere is worse than none. */
function deadEnds({ entry, handler, policy }: Subject, served: ReadonlySet<string>): Mistake[] {
  const missing = handler?.leadsTo?.(policy).filter((page) => !served.has(page)) ?? [];
  return missing.map((page) =>
    warning(entry, 'handler', `"${handler!.name}" leads people to "${page}", and no route has that handler`),
  );
}

function refuses(middleware: readonly MiddlewareDefinition[], reasons: readonly Reason[]): boolean {
  return middleware.some(({ refusals }) => refusals.some(({ reason }) => reasons.includes(reason)));
}

function unreachable(entry: RouteEntry, { by, methods }: { by: RouteEntry; methods: string[] }): Mistake {
  const { file, line, column } = by.places('');
  const all = entry.methods.every((method) => methods.includes(method));
  const what = all
    ? 'this entry is never reached'
    : `${methods.join(', ')} of this entry ${methods.length > 1 ? 'are' : 'is'} never reached`;
  return warning(entry, 'path', `${what}: "${by.name}" (${file}:${line}:${column}) answers first`);
}

function warning(entry: RouteEntry, pointer: string, message: string): Mistake {
  return { place: entry.places(pointer), key: entry.keyOf(pointer), message };
}
