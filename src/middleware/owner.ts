import type { Context } from 'koa';
import { administersExtension, splitExtension } from '../auth/membership.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { parameterNames } from '../lib/path-pattern.js';
import { didYouMean } from '../lib/suggest.js';
import type { MiddlewareDefinition, RouteEntry } from '../routes/contract.js';

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
    return `there is no request parameter "${own[0]}" in the path, in "defaults" or in "query"${didYouMean(own[0], declared(entry))}`;
  },
  create(parameters, { services }) {
    const { own, extension } = splitExtension(parameters);
    return async (ctx, next) => {
      const login = await loginOf(ctx, services);
      const passes =
        login &&
        (parameterOf(ctx, own[0]!) === String(login.user.id) ||
          administersExtension(login.user, services.settings, extension));
      if (!passes) throw new Refusal('not-owner');
      return next();
    };
  },
};

/** What a route says it reads: a parameter nobody declared is nothing that the handler acts on. */
function declared({ path, defaults, query }: RouteEntry): string[] {
  const ofQuery = Object.keys((query?.properties as object | undefined) ?? {});
  return [...parameterNames(path), ...Object.keys(defaults), ...ofQuery];
}

/** From the path, else from the query; one that is there twice is none. */
function parameterOf(ctx: Context, name: string): string | undefined {
  const value: unknown = ctx.params?.[name] ?? ctx.query[name];
  return typeof value === 'string' ? value : undefined;
}
