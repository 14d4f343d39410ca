import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const currentUser: HandlerDefinition = {
  name: 'current-user',
  description: 'The record of the logged-in user.',
  says: 'currentUser',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.currentUser!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      say(ctx, services, login.user);
    };
  },
};
