import { resetPassword as decide } from '../auth/reset.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const resetPassword: HandlerDefinition = {
  name: 'reset-password',
  description: 'Sets a new password by a mailed link and ends all sessions of the user.',
  hears: 'reset',
  says: 'passwordReset',
  changesState: true,
  refuses: () => ['overloaded'],
  failures: ['link-unknown', 'link-expired'],
  input: {
    type: 'object',
    required: ['token', 'password', 'passwordConfirmation'],
    properties: { token: { type: 'string' }, password: { type: 'string' }, passwordConfirmation: { type: 'string' } },
  },
  create({ services, dialect }) {
    const hear = dialect.hear.reset!;
    const say = dialect.say.passwordReset!;
    return async (ctx) => {
      await decide(services, await hear(ctx, services), stateOf(ctx).visitor);
      say(ctx, services);
    };
  },
};
