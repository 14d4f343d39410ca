import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import { Refusal } from '../errors.js';
import type { Layer } from '../lib/layers.js';

const reads = ['GET', 'HEAD'];

/** One thing that has to be well for the server to do its work. */
export interface HealthCheck {
  name: string;
  /** throws, or answers what is wrong; undefined = well */
  check(): Promise<string | undefined> | string | undefined;
  /** shown, but does not make the server unready (a route file with a mistake: the last good table serves) */
  onlyTold?: boolean;
}

/** `/health/live`: the process answers. `/health/ready`: and what it needs does too (503 otherwise). */
export function health(services: Services, checks: HealthCheck[], isStopping: () => boolean): Layer {
  const tellReady = async (ctx: Context): Promise<void> => {
    const results = await Promise.all(checks.map((check) => run(check, services)));
    const ready = !isStopping() && results.every(({ well, onlyTold }) => well || onlyTold);
    ctx.status = ready ? 200 : 503;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      status: ready ? 'ok' : isStopping() ? 'stopping' : 'unavailable',
      checks: Object.fromEntries(results.map(({ name, text }) => [name, text])),
    };
  };
  const tellLive = (ctx: Context): void => void (ctx.body = { status: 'ok' });
  const tell: Record<string, (ctx: Context) => Promise<void> | void> = {
    '/health/live': tellLive,
    '/health/ready': tellReady,
  };
  return (ctx, next) => {
    if (!Object.hasOwn(tell, ctx.path)) return next();
    if (!reads.includes(ctx.method)) throw new Refusal('method-not-allowed', { allow: reads });
    return tell[ctx.path]!(ctx);
  };
}

async function run({ name, check, onlyTold }: HealthCheck, { log }: Services) {
  try {
    const problem = await check();
    return { name, onlyTold, well: problem === undefined, text: problem ?? 'ok' };
  } catch (error) {
    log.warn({ err: error, check: name }, 'health check failed');
    return { name, onlyTold, well: false, text: 'unavailable' };
  }
}
