import { confirmEmailChange } from '../auth/change-email.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const confirmEmail: HandlerDefinition = {
  name: 'confirm-email',
  description: 'Changes the e-mail address by the link that was mailed to the new one.',
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
      await confirmEmailChange(services, token, stateOf(ctx).visitor);
      say(ctx, services);
    };
  },
};
