import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const sessions: HandlerDefinition = {
  name: 'sessions',
  description: 'The sessions of the logged-in user: device, address, times, which one is this.',
  says: 'ownSessions',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.ownSessions!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      const own = await services.stores.sessions.ofUser(login.user.id, services.clock.now());
      say(ctx, services, own, login.session);
    };
  },
};
