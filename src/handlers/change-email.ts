import { requestEmailChange } from '../auth/change-email.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const changeEmail: HandlerDefinition = {
  name: 'change-email',
  description: 'Mails a link to the logged-in user’s new address; opening its page and confirming makes the change.',
  hears: 'changeEmail',
  says: 'mailSent',
  changesState: true,
  refuses: () => ['overloaded'],
  sendsMail: true,
  leadsTo: () => ['change-email-page'],
  failures: ['wrong-password', 'locked'],
  input: {
    type: 'object',
    required: ['email', 'currentPassword'],
    properties: { email: { type: 'string' }, currentPassword: { type: 'string' } },
  },
  create({ services, dialect }) {
    const hear = dialect.hear.changeEmail!;
    const say = dialect.say.mailSent!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      await requestEmailChange(services, login.user, await hear(ctx, services), stateOf(ctx).visitor);
      say(ctx, services, 'change-email');
    };
  },
};
