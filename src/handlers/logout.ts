import { leaveSession } from '../http/simulation.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const logout: HandlerDefinition = {
  name: 'logout',
  description: 'Ends the session; an administrator who acts as somebody else returns to their own.',
  says: 'loggedOut',
  changesState: true,
  actsForCaller: true,
  publishedAsGet: true,
  ownsSession: true,
  create({ services, dialect }) {
    const say = dialect.say.loggedOut!;
    return async (ctx) => {
      await leaveSession(ctx, services);
      say(ctx, services);
    };
  },
};
