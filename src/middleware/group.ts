import { administersExtension, inGroup, splitExtension } from '../auth/membership.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const group: MiddlewareDefinition = {
  name: 'group',
  description: 'Lets users through who are in one of the named groups.',
  parameters: 'id or name, …',
  explain: (parameters) => `the user is in one of the groups ${splitExtension(parameters).own.join(', ')}`,
  refusals: [{ reason: 'not-in-group', status: 403 }],
  check: (parameters) =>
    splitExtension(parameters).own.length && parameters.every(Boolean)
      ? undefined
      : 'group needs at least one group, by id or name',
  create(parameters, { services }) {
    const { own, extension } = splitExtension(parameters);
    return async (ctx, next) => {
      const login = await loginOf(ctx, services);
      const passes =
        login && (inGroup(login.user, own) || administersExtension(login.user, services.settings, extension));
      if (!passes) throw new Refusal('not-in-group');
      return next();
    };
  },
};
