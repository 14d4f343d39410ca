import type { HandlerDefinition } from '../../routes/contract.js';

export const listRoutes: HandlerDefinition = {
  name: 'admin-routes',
  description: 'Every route as it is served, where it stands in the file, and its last calls.',
  says: 'done',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    return async (ctx) => {
      const { desk, figures } = services;
      const routes = desk!.routes().map((route) => ({ ...route, calls: figures.callsOf(route.name) }));
      say(ctx, services, { readOnly: desk!.readOnly() ?? null, trouble: desk!.trouble() ?? null, routes });
    };
  },
};
