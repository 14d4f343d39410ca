import { endOwnSession } from '../auth/own-sessions.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const endSession: HandlerDefinition = {
  name: 'end-session',
  description: 'Ends one session of the logged-in user, by its id in the list.',
  says: 'terminated',
  changesState: true,
  create({ services, dialect }) {
    const say = dialect.say.terminated!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      say(ctx, services, await endOwnSession(services, login.user, ctx.params.session ?? '', stateOf(ctx).visitor));
    };
  },
};
