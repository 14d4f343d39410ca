import { logoutVerdict } from '../auth/logout.js';
import { Refusal } from '../errors.js';
import { resumedSession } from '../http/session.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const logoutToken: MiddlewareDefinition = {
  name: 'logout-token',
  description: 'Lets a logout through that carries the logout token of its session, as the login answered it.',
  parameters: '',
  explain: () => 'the session’s logout token in the query parameter token, or its CSRF token in X-CSRF-Token',
  refusals: [
    { reason: 'logout-token-missing', status: 403 },
    { reason: 'logout-token-wrong', status: 403 },
  ],
  check: (parameters) => (parameters.length ? 'logout-token takes no parameters' : undefined),
  create(_parameters, { services, dialect }) {
    return async (ctx, next) => {
      const resumed = await resumedSession(ctx, services);
      const { token } = ctx.query;
      const verdict = logoutVerdict({
        // one that is there twice is none of ours
        token: Array.isArray(token) ? '' : token,
        csrfToken: await dialect.csrfToken(ctx, services),
        sessionId: resumed?.user && resumed.id,
      });
      if (verdict !== 'passes') throw new Refusal(`logout-token-${verdict}`);
      return next();
    };
  },
};
