import { csrfTokenOf, newSessionId } from '../auth/session.js';
import { loginOf } from '../http/session.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const sessionToken: HandlerDefinition = {
  name: 'session-token',
  description: 'The CSRF token of the session as text; for visitors one that is valid nowhere.',
  says: 'sessionToken',
  changesState: false,
  create({ services, dialect }) {
    const say = dialect.say.sessionToken!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      say(ctx, services, login?.sessionId ? csrfTokenOf(login.sessionId) : newSessionId());
    };
  },
};
