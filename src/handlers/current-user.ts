import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { andThen } from '../lib/answer.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const currentUser: HandlerDefinition = {
  name: 'current-user',
  description: 'The record of the logged-in user.',
  says: 'currentUser',
  changesState: false,
  refuses: () => ['unauthenticated'],
  create({ services, dialect }) {
    const say = dialect.say.currentUser!;
    return (ctx) =>
      andThen(loginOf(ctx, services), (login) => {
        if (!login) throw new Refusal('unauthenticated');
        return say(ctx, services, login.user);
      });
  },
};
