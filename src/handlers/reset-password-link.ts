import { stateOf } from '../http/state.js';
import { floodReasons } from '../errors.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const resetPasswordLink: HandlerDefinition = {
  name: 'reset-password-link',
  description: 'Mails whoever forgot their password a way back in.',
  hears: 'resetRequest',
  says: 'mailSent',
  changesState: true,
  refuses: ({ login }) => (login.flood ? [...floodReasons, 'missing-credentials'] : ['unknown-address']),
  sendsMail: true,
  leadsTo: ({ forgottenPage }) => [forgottenPage],
  input: { type: 'object', required: ['email'], properties: { email: { type: 'string' } } },
  create({ services, dialect }) {
    const hear = dialect.hear.resetRequest!;
    const say = dialect.say.mailSent!;
    const { forgotten } = dialect.policy(services.settings);
    return async (ctx) => {
      await forgotten(services, await hear(ctx, services), stateOf(ctx).visitor);
      say(ctx, services, 'reset');
    };
  },
};
