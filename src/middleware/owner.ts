import type { Context } from 'koa';
import { administersExtension, splitExtension } from '../auth/membership.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const owner: MiddlewareDefinition = {
  name: 'owner',
  description: 'Lets a user through whose id stands in the named request parameter.',
  parameters: 'parameter',
  explain: ([parameter]) => `the request parameter ${parameter} is the current user’s id`,
  refusals: [{ reason: 'not-owner', status: 403 }],
  check: (parameters) =>
    splitExtension(parameters).own.length === 1 && parameters[0]
      ? undefined
      : 'owner needs the name of one request parameter',
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

/** From the path, else from the query; one that is there twice is none. */
function parameterOf(ctx: Context, name: string): string | undefined {
  const value: unknown = ctx.params?.[name] ?? ctx.query[name];
  return typeof value === 'string' ? value : undefined;
}
