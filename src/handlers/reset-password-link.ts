import { requestReset } from '../auth/reset.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const resetPasswordLink: HandlerDefinition = {
  name: 'reset-password-link',
  description: 'Mails a link for setting a new password.',
  hears: 'resetRequest',
  says: 'mailSent',
  changesState: true,
  input: { type: 'object', required: ['email'], properties: { email: { type: 'string' } } },
  create({ services, dialect }) {
    const hear = dialect.hear.resetRequest!;
    const say = dialect.say.mailSent!;
    return async (ctx) => {
      const { email } = await hear(ctx, services);
      await requestReset(services, email ?? '', stateOf(ctx).visitor);
      say(ctx, services, 'reset');
    };
  },
};
