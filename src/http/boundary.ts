import type { Context, Middleware } from 'koa';
import { createRefusalWatch, type Refused } from '../auth/refusals.js';
import type { Services } from '../auth/services.js';
import type { Dialect } from '../dialects/dialect.js';
import { Refusal } from '../errors.js';
import { StoreUnavailable } from '../stores/contract.js';
import { stateOf } from './state.js';

/**
 * The only place where something thrown becomes a response. A refusal is answered by the dialect, a store out of reach
 * is 503, anything else is ours: the story goes to the log under the request's id, nothing of it to the client (ASVS 16.5.1).
 * @param fallback the dialect that speaks where no route matched
 */
export function boundary(services: Services, fallback: (path: string) => Dialect): Middleware {
  const watch = createRefusalWatch(services);
  const refuse = async (ctx: Context, refusal: Refusal): Promise<void> => {
    await answer(ctx, refusal, services, fallback);
    watch(await describe(ctx, refusal));
  };
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      return refuse(ctx, refusalOf(ctx, error, services));
    }
    const { refused } = stateOf(ctx);
    if (refused) await refuse(ctx, refused);
  };
}

/** Who was refused what; nobody, where that cannot be found out. */
async function describe(ctx: Context, { reason }: Refusal): Promise<Refused> {
  const { login, route, visitor } = stateOf(ctx);
  const userId = login ? (await Promise.resolve(login).catch(() => undefined))?.user.id : undefined;
  return { reason, route: route?.entry.name ?? '', userId, origin: visitor };
}

async function answer(
  ctx: Context,
  refusal: Refusal,
  services: Services,
  fallback: (path: string) => Dialect,
): Promise<void> {
  const state = stateOf(ctx);
  state.note = { ...state.note, reason: refusal.reason };
  if (ctx.headerSent) return void ctx.res.destroy();
  const { headers, retryAfter, allow } = refusal.detail;
  if (headers) ctx.set(headers);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  if (allow) ctx.set('Allow', allow.join(', '));
  ctx.res.setHeader('Cache-Control', 'no-store');
  await (state.route?.dialect ?? fallback(ctx.path)).refuse(ctx, refusal, services);
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
