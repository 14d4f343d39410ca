import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const guest: MiddlewareDefinition = {
  name: 'guest',
  description: 'Lets only visitors through who are not logged in.',
  parameters: '',
  explain: () => 'nobody is logged in',
  refusals: [{ reason: 'already-authenticated', status: 403 }],
  check: (parameters) => (parameters.length ? 'guest takes no parameters' : undefined),
  create(_parameters, { services }) {
    return async (ctx, next) => {
      if (await loginOf(ctx, services)) throw new Refusal('already-authenticated');
      return next();
    };
  },
};
