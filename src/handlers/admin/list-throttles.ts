import type { HandlerDefinition } from '../../routes/contract.js';

export const listThrottles: HandlerDefinition = {
  name: 'admin-throttles',
  description: 'Who has to wait at the moment: every counter that is full.',
  says: 'done',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    return async (ctx) => {
      const throttles = await services.stores.counters.full(services.clock.now());
      say(ctx, services, { throttles });
    };
  },
};
