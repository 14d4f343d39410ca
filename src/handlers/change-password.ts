import { changePassword as decide } from '../auth/change-password.js';
import { Refusal } from '../errors.js';
import { renewSession } from '../http/renew-session.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const changePassword: HandlerDefinition = {
  name: 'change-password',
  description: 'Sets a new password for the logged-in user, who types the current one; their other sessions end.',
  hears: 'changePassword',
  says: 'done',
  changesState: true,
  refuses: () => ['overloaded'],
  ownsSession: true,
  failures: ['wrong-password', 'locked'],
  input: {
    type: 'object',
    required: ['currentPassword', 'password', 'passwordConfirmation'],
    properties: {
      currentPassword: { type: 'string' },
      password: { type: 'string' },
      passwordConfirmation: { type: 'string' },
    },
  },
  create({ services, dialect }) {
    const hear = dialect.hear.changePassword!;
    const say = dialect.say.done!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      await decide(services, login, await hear(ctx, services), stateOf(ctx).visitor);
      await renewSession(ctx, services, login);
      say(ctx, services);
    };
  },
};
