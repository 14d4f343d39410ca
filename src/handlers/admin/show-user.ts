import type { HandlerDefinition } from '../../routes/contract.js';
import { userInPath } from './request.js';
import { sessionView, userView } from './views.js';

export const showUser: HandlerDefinition = {
  name: 'admin-user',
  description: 'One user with their live sessions.',
  says: 'done',
  changesState: false,
  refuses: () => ['not-found'],
  create({ services, dialect }) {
    const say = dialect.say.done!;
    return async (ctx) => {
      const user = await userInPath(ctx, services);
      const now = services.clock.now();
      const sessions = await services.stores.sessions.ofUser(user.id, now);
      say(ctx, services, { user: userView(user, now), sessions: sessions.map(sessionView) });
    };
  },
};
