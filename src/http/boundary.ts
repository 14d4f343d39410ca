import type { Context } from 'koa';
import { createRefusalWatch, type Refused } from '../auth/refusals.js';
import type { Services } from '../auth/services.js';
import type { Dialect } from '../dialects/dialect.js';
import { Refusal } from '../errors.js';
import { andThen, caught, type Answer } from '../lib/answer.js';
import type { Layer } from '../lib/layers.js';
import { StoreUnavailable } from '../stores/contract.js';
import { basicChallenge } from './basic.js';
import { replyOf } from './reply.js';
import { stateOf, type Login } from './state.js';

/**
 * The only place where something thrown becomes a response. A refusal is answered by the dialect, a store out of reach
 * is 503, anything else is ours: the story goes to the log under the request's id, nothing of it to the client (ASVS 16.5.1).
 * @param fallback the dialect that speaks where no route matched
 */
export function boundary(services: Services, fallback: (path: string) => Dialect): Layer {
  const watch = createRefusalWatch(services);
  const refuse = (ctx: Context, refusal: Refusal): Answer<void> =>
    andThen(answer(ctx, refusal, services, fallback), () => {
      if (watch.wants(refusal.reason)) return andThen(describe(ctx, refusal), watch.note);
    });
  return (ctx, next) => {
    const done = caught(next, (error) => void (stateOf(ctx).refused = refusalOf(ctx, error, services)));
    return andThen(done, () => {
      const { refused } = stateOf(ctx);
      return refused && refuse(ctx, refused);
    });
  };
}

/** Who was refused what; nobody, where that cannot be found out. */
function describe(ctx: Context, { reason }: Refusal): Answer<Refused> {
  const { login, route, visitor } = stateOf(ctx);
  const known = caught<Login | undefined>(
    () => login ?? undefined,
    () => undefined,
  );
  return andThen(known, (found) => ({
    reason,
    route: route?.entry.name ?? '',
    userId: found?.user.id,
    origin: visitor,
  }));
}

function answer(ctx: Context, refusal: Refusal, services: Services, fallback: (path: string) => Dialect): Answer<void> {
  const state = stateOf(ctx);
  const { reason } = refusal;
  state.note = state.note ? { ...state.note, reason } : { reason };
  if (ctx.headerSent) return void ctx.res.destroy();
  const { headers, retryAfter, allow } = refusal.detail;
  if (headers) ctx.set(headers);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  if (allow) ctx.set('Allow', allow.join(', '));
  replyOf(ctx).put('Cache-Control', 'no-store');
  const refused = (state.route?.dialect ?? fallback(ctx.path)).refuse(ctx, refusal, services);
  return andThen(refused, () => void (ctx.status === 401 && inviteBasic(ctx, refusal)));
}

/**
 * A 401 says how to come back with credentials (RFC 9110, section 11.6.1), where the route takes them. A page says it in
 * its own words; the header would put the browser's box before it.
 */
function inviteBasic(ctx: Context, { reason }: Refusal): void {
  const accepts = stateOf(ctx).route?.authentication.includes('basic') && reason === 'unauthenticated';
  if (accepts && !ctx.response.is('html')) ctx.set('WWW-Authenticate', basicChallenge);
}

const retrySoon = 5;

function refusalOf(ctx: Context, error: unknown, { log }: Services): Refusal {
  if (error instanceof Refusal) return error;
  if (clientIsGone(ctx, error)) return new Refusal('client-gone');
  const { requestId, route } = stateOf(ctx);
  const place = { requestId, route: route?.entry.name };
  if (error instanceof StoreUnavailable) {
    log.error({ ...place, err: error }, 'store unavailable');
    return new Refusal('unavailable', { retryAfter: retrySoon });
  }
  const status = statusOf(error);
  if (status && status < 500) return new Refusal('custom', { status, message: (error as Error).message });
  log.error({ ...place, err: error }, 'internal error');
  return new Refusal('internal', status ? { status } : {});
}

/** The connection broke while we read or waited: nobody's mistake, and nobody is there to be answered. */
function clientIsGone({ req, res }: Context, error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  const broken = (error as Error).name === 'AbortError' || code === 'ECONNRESET' || code === 'ABORT_ERR';
  return broken && (req.destroyed || res.destroyed);
}

/** A user's own module may throw an error with a `status`, as in Koa (contract routes-yaml, section 1). */
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error ? (error as { status?: unknown }).status : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}
