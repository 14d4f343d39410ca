import { isFresh } from '../auth/proof.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const fresh: MiddlewareDefinition = {
  name: 'fresh',
  description: 'Lets a user through who typed the password (or used a link) a moment ago; see `confirm-password`.',
  parameters: '[minutes]',
  explain: ([minutes]) =>
    `the user logged in or confirmed the password within ${minutes ?? 'session.freshMinutes'} minutes`,
  refusals: [
    { reason: 'unauthenticated', status: 401 },
    { reason: 'stale-login', status: 403 },
  ],
  check: ([minutes, ...rest]) =>
    rest.length || (minutes !== undefined && !/^[1-9]\d{0,5}$/.test(minutes))
      ? `fresh takes a number of minutes, got "fresh:${[minutes, ...rest].join(',')}"`
      : undefined,
  create([minutes], { services }) {
    const limit = Number(minutes ?? services.settings.session.freshMinutes);
    return async (ctx, next) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      // credentials that came with the request itself are as fresh as can be
      if (login.session && !isFresh(login.session, limit, services.clock.now())) throw new Refusal('stale-login');
      return next();
    };
  },
};
