import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { andThen } from '../lib/answer.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const authenticate: MiddlewareDefinition = {
  name: 'authenticate',
  description: 'Lets a logged-in user through.',
  parameters: '',
  explain: () => 'a session cookie (or another provider the route lists) names a live user',
  refusals: [{ reason: 'unauthenticated', status: 401 }],
  check: (parameters) => (parameters.length ? 'authenticate takes no parameters' : undefined),
  create(_parameters, { services }) {
    return (ctx, next) =>
      andThen(loginOf(ctx, services), (login) => {
        if (!login) throw new Refusal('unauthenticated');
        return next();
      });
  },
};
