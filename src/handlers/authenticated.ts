import { loginOf } from '../http/session.js';
import { andThen } from '../lib/answer.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const authenticated: HandlerDefinition = {
  name: 'authenticated',
  description: 'Whether somebody is logged in.',
  says: 'authenticated',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.authenticated!;
    return (ctx) => andThen(loginOf(ctx, services), (login) => say(ctx, services, login !== undefined));
  },
};
