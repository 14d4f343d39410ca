import { Refusal } from '../errors.js';
import { identityHeaders } from '../http/identity.js';
import { loginOf } from '../http/session.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const verify: HandlerDefinition = {
  name: 'verify',
  description: 'For nginx auth_request, Traefik and Caddy: 204 with X-User-Id, X-User-Name, X-User-Groups, or 401.',
  changesState: false,
  answers: [
    { status: 204, description: 'Somebody is logged in: X-User-Id, X-User-Name and X-User-Groups say who.' },
    { status: 401, description: 'Nobody is logged in.' },
  ],
  create({ services }) {
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      // a proxy asks: it understands 401 and nothing else, whatever the browser behind it would like to see
      if (!login) throw new Refusal('unauthenticated', { status: 401, plain: true });
      ctx.body = null;
      ctx.status = 204;
      ctx.set(identityHeaders(login));
    };
  },
};
