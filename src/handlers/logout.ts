import { tellLogout } from '../auth/logout.js';
import { endSession, loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const logout: HandlerDefinition = {
  name: 'logout',
  description: 'Ends the session.',
  says: 'loggedOut',
  changesState: true,
  ownsSession: true,
  create({ services, dialect }) {
    const say = dialect.say.loggedOut!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      endSession(ctx, services);
      tellLogout(services, login?.user, stateOf(ctx).visitor);
      say(ctx, services);
    };
  },
};
