import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import type { Services } from '../auth/services.js';
import type { Dialect } from '../dialects/dialect.js';
import { Misconfiguration, Refusal, type Problem } from '../errors.js';
import { nested, type Layer } from '../lib/layers.js';
import { isParameter, parsePath } from '../lib/path-pattern.js';
import { compileInput } from '../lib/schema.js';
import type {
  BoundRoute,
  HandlerDefinition,
  HandlerTools,
  JsonSchema,
  MiddlewareDefinition,
  RouteEntry,
  RouteTable,
  Vocabulary,
} from './contract.js';
import { isModuleWord, type OwnCode } from './modules.js';
import { writeOwnAnswer } from './own-answer.js';
import { createTableInSteps } from './table.js';

export interface BindOptions {
  vocabulary: Vocabulary;
  services: Services;
  /** the parsed body of a request; http knows how to read it */
  readBody(ctx: Context): Promise<{ value: Record<string, unknown>; from: 'json' | 'text' }>;
  /** the user's modules, already imported */
  ownCode?: OwnCode;
  /** puts what a user's own code expects into the context */
  welcomeOwnCode?: (ctx: Context) => Promise<void>;
}

/** Turns names into code, once: everything that can be looked up, compiled or composed is done before the first request. */
export function bindRoutes(entries: readonly RouteEntry[], options: BindOptions): RouteTable {
  const steps = bindInSteps(entries, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same in steps of a few milliseconds, for a server that goes on answering meanwhile. */
export function* bindInSteps(entries: readonly RouteEntry[], options: BindOptions): Generator<undefined, RouteTable> {
  const routes: BoundRoute[] = [];
  for (const entry of entries) {
    routes.push(bindRoute(entry, options));
    if (routes.length % 50 === 0) yield;
  }
  return yield* createTableInSteps(routes);
}

/** Once in its own dialect; a page, and what a page's form may be posted to, also in the one that speaks HTML. */
function bindRoute(entry: RouteEntry, options: BindOptions): BoundRoute {
  const { dialects } = options.vocabulary;
  const route = bindIn(dialects.get(entry.dialect)!, entry, options);
  const companion = dialects.get(route.dialect.forBrowsers ?? '');
  if (!companion || !(route.handler.page || route.handler.changesState)) return route;
  return { ...route, forBrowsers: bindIn(companion, entry, options) };
}

function bindIn(dialect: Dialect, entry: RouteEntry, options: BindOptions): BoundRoute {
  const { vocabulary, services, ownCode } = options;
  const handler = vocabulary.handlers.get(entry.handler) ?? ownCode!.handler(entry, entry.handler)!;
  const tools: HandlerTools = { services, dialect, entry };
  const definitions = entry.middleware.map(
    ({ name }) => vocabulary.middleware.get(name) ?? ownCode!.middleware(entry, name)!,
  );
  const middleware = definitions.map((definition, i) => createMiddleware(definition, i, { ...tools, handler }));
  const hasOwnMiddleware = definitions.some(({ name }) => isModuleWord(name));
  const isOwn = isModuleWord(entry.handler);
  const chain = [
    ...(hasOwnMiddleware || isOwn ? [writeOwnAnswer] : []),
    ...(hasOwnMiddleware ? welcome(options) : []),
    ...declaredQuery(entry),
    ...middleware,
    ...inputChecks(entry, options),
    ...(isOwn ? welcome(options) : []),
    handler.create(tools),
  ];
  return {
    entry,
    handler: hasOwnMiddleware && !handler.ownsSession ? { ...handler, ownsSession: true } : handler,
    dialect,
    run: hasOwnMiddleware || isOwn ? compose(chain) : nested(chain as Layer[]),
    firstField: firstField(inputOf(entry, handler, dialect)),
    authentication: entry.authentication ?? services.settings.routes.authentication,
    refusals: definitions.flatMap(({ refusals }) => refusals.map(({ reason }) => reason)),
  };
}

/** @throws Misconfiguration when the user's own factory throws */
function createMiddleware(
  definition: MiddlewareDefinition,
  index: number,
  tools: Parameters<MiddlewareDefinition['create']>[1],
): Middleware {
  const { entry } = tools;
  const { parameters } = entry.middleware[index]!;
  try {
    return definition.create(parameters, tools);
  } catch (error) {
    if (!isModuleWord(definition.name)) throw error;
    const pointer = `middleware/${index}`;
    const message = `"${definition.name}" threw ${String(error)}`;
    throw new Misconfiguration([{ place: entry.places(pointer), key: entry.keyOf(pointer), message }]);
  }
}

function welcome({ welcomeOwnCode }: BindOptions): Middleware[] {
  if (!welcomeOwnCode) return [];
  return [
    async (ctx, next) => {
      await welcomeOwnCode(ctx);
      return next();
    },
  ];
}

/** What a route takes as input: its own schema, else its handler's. */
export function inputOf(
  { body, query }: RouteEntry,
  { input, hears }: HandlerDefinition,
  dialect: Dialect,
): JsonSchema | undefined {
  if (body ?? query) return body ?? query;
  const spoken = hears && dialect.inputs?.[hears];
  if (spoken) return spoken;
  if (!input || isSchema(input)) return input as JsonSchema | undefined;
  return (input as Record<string, JsonSchema>)[dialect.name];
}

function isSchema(input: JsonSchema | Record<string, JsonSchema>): boolean {
  return typeof input['type'] === 'string' || 'properties' in input;
}

function firstField(input: JsonSchema | undefined): string | undefined {
  const required = input?.['required'] as string[] | undefined;
  return Object.keys((input?.['properties'] as object | undefined) ?? {})[0] ?? required?.[0];
}

/**
 * `defaults` on names that are not in the path declare query parameters (contract routes-yaml, section 1): they stand
 * in `ctx.params` like those of the path. In Symfony's files they speak to PHP.
 */
function declaredQuery({ path, hosts, defaults, symfony }: RouteEntry): Middleware[] {
  const own = new Set(
    [path, ...hosts].flatMap((text) => parsePath(text).parts.filter(isParameter)).map(({ name }) => name),
  );
  const declared = Object.entries(defaults).filter(([name]) => !own.has(name));
  if (symfony || declared.length === 0) return [];
  return [
    (ctx, next) => {
      const params = ctx.params as Record<string, string>;
      for (const [name, value] of declared) {
        const sent = ctx.query[name];
        const text = typeof sent === 'string' ? sent : value;
        if (text !== null) params[name] = String(text);
      }
      return next();
    },
  ];
}

/**
 * After the middleware, so that a stranger learns nothing of the input and a wrong form costs no attempt. Handlers find
 * what was sent, defaults filled in, in `ctx.state.query` and `ctx.state.input`.
 */
function inputChecks({ query, body }: RouteEntry, { readBody }: BindOptions): Middleware[] {
  const checkQuery = query && compileInput(query);
  const checkBody = body && compileInput(body);
  if (!checkQuery && !checkBody) return [];
  const check: Middleware = async (ctx, next) => {
    const problems: Problem[] = [];
    if (checkQuery) problems.push(...checkQuery((ctx.state['query'] = { ...ctx.query }), 'text'));
    if (checkBody) {
      const { value, from } = await readBody(ctx);
      problems.push(...checkBody((ctx.state['input'] = value), from));
    }
    if (problems.length > 0) throw new Refusal('invalid-input', { problems });
    return next();
  };
  return [check];
}
