import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const admin: MiddlewareDefinition = {
  name: 'admin',
  description: 'Lets administrators through.',
  parameters: '',
  explain: () => 'the user is an administrator',
  refusals: [{ reason: 'not-admin', status: 403 }],
  check: (parameters) => (parameters.length ? 'admin takes no parameters' : undefined),
  create(_parameters, { services }) {
    return async (ctx, next) => {
      const login = await loginOf(ctx, services);
      if (!login?.user.admin) throw new Refusal('not-admin');
      return next();
    };
  },
};
