import { endOtherSessions as decide } from '../auth/own-sessions.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const endOtherSessions: HandlerDefinition = {
  name: 'end-other-sessions',
  description: 'Ends all sessions of the logged-in user but this one.',
  says: 'terminated',
  changesState: true,
  create({ services, dialect }) {
    const say = dialect.say.terminated!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      say(ctx, services, await decide(services, login.user, login.session, stateOf(ctx).visitor));
    };
  },
};
