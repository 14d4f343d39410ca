import { healthOf } from '../../auth/administration.js';
import type { HandlerDefinition } from '../../routes/contract.js';

export const showFigures: HandlerDefinition = {
  name: 'admin-figures',
  description: 'How the server is, and what happened in the last day by half hours.',
  says: 'done',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    return async (ctx) => say(ctx, services, await healthOf(services));
  },
};
