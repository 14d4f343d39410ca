import { endSessionOf } from '../../auth/administration.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { actorOf } from './request.js';

export const endSession: HandlerDefinition = {
  name: 'admin-end-session',
  description: 'Ends one session, by its id in the list.',
  says: 'terminated',
  changesState: true,
  create({ services, dialect }) {
    const say = dialect.say.terminated!;
    return async (ctx) => {
      const { by, visitor } = await actorOf(ctx, services);
      const { session } = ctx.params as { session: string };
      say(ctx, services, await endSessionOf(services, session, by, visitor));
    };
  },
};
