import { findOneTimeAccount } from '../auth/one-time-account.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const accountHash: MiddlewareDefinition = {
  name: 'account-hash',
  description: 'Lets requests through whose path holds the hash of a one-time account that can still be used.',
  parameters: '[parameter]',
  explain: ([parameter = 'hash']) => `the path parameter ${parameter} is the hash of an unused one-time account`,
  refusals: [{ reason: 'not-found', status: 404 }],
  check: (parameters) => (parameters.length > 1 ? 'account-hash takes the name of one path parameter' : undefined),
  create([parameter = 'hash'], { services }) {
    return async (ctx, next) => {
      await findOneTimeAccount(services, String(ctx.params?.[parameter] ?? ''));
      return next();
    };
  },
};
