import type { HandlerDefinition } from '../routes/contract.js';

export const ping: HandlerDefinition = {
  name: 'ping',
  description: 'Answers that the server is there.',
  says: 'pong',
  changesState: false,
  private: false,
  create({ services, dialect }) {
    const say = dialect.say.pong!;
    return async (ctx) => say(ctx, services);
  },
};
