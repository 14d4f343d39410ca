import { terminateById } from '../auth/users.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const terminate: HandlerDefinition = {
  name: 'terminate',
  description: 'Ends every session of the user whose id is in the path.',
  says: 'terminated',
  changesState: true,
  create({ services, dialect }) {
    const say = dialect.say.terminated!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      const by = login?.user.username ?? '';
      say(ctx, services, await terminateById(services, ctx.params.user ?? '', by, stateOf(ctx).visitor));
    };
  },
};
