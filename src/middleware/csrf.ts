import type { Context } from 'koa';
import { csrfVerdict, type CsrfStrictness } from '../auth/csrf.js';
import { Refusal } from '../errors.js';
import { isSafeMethod, knownOrigins, type Origins } from '../http/security.js';
import { resumedSession, shareCsrfToken } from '../http/session.js';
import { andThen } from '../lib/answer.js';
import type { MiddlewareDefinition } from '../routes/contract.js';

export const csrf: MiddlewareDefinition = {
  name: 'csrf',
  description: 'Refuses what another site may have sent with the user’s cookie.',
  parameters: '',
  explain: () =>
    'the session’s token in X-CSRF-Token, or a request that only our own pages or no browser can have made',
  refusals: [{ reason: 'csrf-mismatch', status: 401 }],
  check: (parameters) => (parameters.length ? 'csrf takes no parameters' : undefined),
  create(_parameters, { services, dialect }) {
    const origins = knownOrigins(services.settings);
    const { csrf: strictness, csrfOnReads } = dialect.policy(services.settings);
    return (ctx, next) =>
      andThen(resumedSession(ctx, services), (resumed) => {
        if (!resumed?.user) return next();
        const goOn = () => {
          shareCsrfToken(ctx, services, resumed.id);
          return next();
        };
        if (!csrfOnReads && isSafeMethod(ctx.method)) return goOn();
        return andThen(dialect.csrfToken(ctx, services), (token) => {
          refuseForged(ctx, token, resumed.id, strictness, origins);
          return goOn();
        });
      });
  },
};

function refuseForged(
  ctx: Context,
  token: string | undefined,
  sessionId: string,
  strictness: CsrfStrictness,
  origins: Origins,
): void {
  const { origin, 'sec-fetch-site': fetchSite } = ctx.req.headers;
  const originIsKnown = origin !== undefined && (origins.ours(origin) || origins.listed(origin));
  const evidence = { token, sessionId, origin, originIsKnown, fetchSite };
  const verdict = csrfVerdict(evidence, strictness);
  if (verdict !== 'passes') throw new Refusal(verdict === 'wrong' ? 'csrf-mismatch' : 'csrf-missing');
}
