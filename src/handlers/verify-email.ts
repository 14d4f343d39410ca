import { verifyEmail as decide } from '../auth/verify-email.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const verifyEmail: HandlerDefinition = {
  name: 'verify-email',
  description: 'Proves a new user’s address by the mailed link; where that is wanted, an administrator is asked next.',
  hears: 'token',
  says: 'addressProven',
  changesState: true,
  failures: ['link-unknown', 'link-expired'],
  input: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
  create({ services, dialect }) {
    const hear = dialect.hear.token!;
    const say = dialect.say.addressProven!;
    return async (ctx) => {
      const { token } = await hear(ctx, services);
      await decide(services, token, stateOf(ctx).visitor);
      say(ctx, services);
    };
  },
};
