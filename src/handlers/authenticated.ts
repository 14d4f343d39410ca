import { loginOf } from '../http/session.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const authenticated: HandlerDefinition = {
  name: 'authenticated',
  description: 'Whether somebody is logged in.',
  says: 'authenticated',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.authenticated!;
    return async (ctx) => say(ctx, services, (await loginOf(ctx, services)) !== undefined);
  },
};
