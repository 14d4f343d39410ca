import type { Context } from 'koa';
import { administersExtension, splitExtension } from '../auth/membership.js';
import type { Dialect } from '../dialects/dialect.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { parameterNames } from '../lib/path-pattern.js';
import { didYouMean } from '../lib/suggest.js';
import type { JsonSchema, MiddlewareDefinition, RouteEntry } from '../routes/contract.js';

export const owner: MiddlewareDefinition = {
  name: 'owner',
  description: 'Lets a user through whose id stands in the named request parameter.',
  parameters: 'parameter',
  explain: ([parameter]) => `the request parameter ${parameter} is the current user’s id`,
  refusals: [{ reason: 'not-owner', status: 403 }],
  check(parameters, entry) {
    const { own } = splitExtension(parameters);
    if (own.length !== 1 || !own[0]) return 'owner needs the name of one request parameter';
    if (entry.symfony || declared(entry).includes(own[0])) return undefined;
    return `there is no request parameter "${own[0]}" in the path, in "defaults", in "query" or in "body"${didYouMean(own[0], declared(entry))}`;
  },
  create(parameters, { services, dialect, entry }) {
    const { own, extension } = splitExtension(parameters);
    const claims = claimsOf(own[0]!, entry);
    return async (ctx, next) => {
      const login = await loginOf(ctx, services);
      const passes =
        login &&
        ((await claims(ctx, () => dialect.readBody(ctx, services))).every((claim) => claim === String(login.user.id)) ||
          administersExtension(login.user, services.settings, extension));
      if (!passes) throw new Refusal('not-owner');
      return next();
    };
  },
};

/** What a route says it reads: a parameter nobody declared is nothing that the handler acts on. */
function declared(entry: RouteEntry): string[] {
  return [...namesInAddress(entry), ...propertiesOf(entry.query), ...propertiesOf(entry.body)];
}

function namesInAddress({ path, defaults }: RouteEntry): string[] {
  return [...parameterNames(path), ...Object.keys(defaults)];
}

function propertiesOf(schema: JsonSchema | undefined): string[] {
  return Object.keys((schema?.['properties'] as object | undefined) ?? {});
}

type Body = () => ReturnType<Dialect['readBody']>;

/**
 * What the request says in each place where the route declares the parameter: the handler may act on any of them, so all
 * must name the user. In EXT:routes files, which declare nothing, the query counts where the path has no such parameter.
 */
function claimsOf(name: string, entry: RouteEntry): (ctx: Context, body: Body) => Promise<unknown[]> {
  const inAddress = namesInAddress(entry).includes(name);
  const inBody = propertiesOf(entry.body).includes(name);
  const inQuery = propertiesOf(entry.query).includes(name) || !(inAddress || inBody);
  return async (ctx, body) => [
    ...(inAddress ? [ctx.params?.[name] ?? (entry.symfony ? ctx.query[name] : undefined)] : []),
    ...(inQuery ? [ctx.query[name]] : []),
    ...(inBody ? [asText((await body()).value[name])] : []),
  ];
}

/** JSON may hold the id as a number. */
function asText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}
