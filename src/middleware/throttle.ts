import type { Context } from 'koa';
import { createThrottle, type Place } from '../auth/throttle.js';
import { Refusal, type Reason } from '../errors.js';
import { throttleKey } from '../http/client-address.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition, MiddlewareDefinition } from '../routes/contract.js';
import type { CounterState } from '../stores/contract.js';

export const throttle: MiddlewareDefinition = {
  name: 'throttle',
  description: 'Limits failed attempts per client address; every call, where nothing can fail.',
  parameters: 'max,minutes[,bucket]',
  explain: (parameters) => {
    const [max, minutes] = limitsOf(parameters);
    return `at most ${max} failed attempts per client address in ${minutes} minutes`;
  },
  refusals: [{ reason: 'throttled', status: 429 }],
  check: checkParameters,
  create(parameters, { services, entry, handler }) {
    const [max, minutes] = limitsOf(parameters);
    const bucket = parameters[2] ?? entry.name;
    const fields = rateLimitFields(bucket, max, minutes);
    const enter = createThrottle(services.stores.counters.counter(`throttle:${bucket}`, max, minutes * 60));
    return async (ctx, next) => {
      const entrance = await enter(throttleKey(stateOf(ctx).visitor.address));
      if (!entrance.allowed) throw tooMany(entrance.state, fields(entrance.state));
      ctx.set(fields(entrance.place.state));
      await settle(ctx, entrance.place, handler, fields, next);
    };
  },
};

function checkParameters(parameters: string[]): string | undefined {
  if (parameters.length === 0) return undefined;
  const [max, minutes, bucket, ...rest] = parameters;
  const written = `got "throttle:${parameters.join(',')}"`;
  if (!isNumber(max) || !isNumber(minutes)) return `throttle needs two numbers, ${written}`;
  if (!isCount(max) || !isCount(minutes)) return `throttle takes numbers from 1 to ${mostCount}, ${written}`;
  if (rest.length || bucket === '') return `throttle takes two numbers and the name of a bucket, ${written}`;
  return undefined;
}

const mostCount = 9_999_999;

function isNumber(text: string | undefined): boolean {
  return /^\d+$/.test(text ?? '');
}

function isCount(text: string | undefined): boolean {
  return Number(text) >= 1 && Number(text) <= mostCount;
}

/** `throttle` alone means 50 in 10 minutes (contract ext-login, section 4). */
function limitsOf([max = '50', minutes = '10']: string[]): [number, number] {
  return [Number(max), Number(minutes)];
}

/** The place is kept when the attempt failed, or where every call counts; given back otherwise. */
async function settle(
  ctx: Context,
  place: Place,
  handler: HandlerDefinition,
  fields: (state: CounterState) => Record<string, string>,
  next: () => Promise<unknown>,
): Promise<void> {
  try {
    await next();
  } catch (error) {
    if (countsAsAttempt(error, handler)) place.keep();
    else await backAndTold(ctx, place, fields);
    throw error;
  }
  if (!handler.failures) return place.keep();
  await backAndTold(ctx, place, fields);
}

async function backAndTold(
  ctx: Context,
  place: Place,
  fields: (state: CounterState) => Record<string, string>,
): Promise<void> {
  ctx.set(fields({ ...place.state, remaining: place.state.remaining + 1 }));
  await place.giveBack();
}

/** What says nothing about a guess (contract ext-login, section 4): wrong form, cross-site, no room, no verdict. */
const neverCounts: ReadonlySet<Reason> = new Set<Reason>([
  'invalid-input',
  'malformed-body',
  'body-too-large',
  'unsupported-type',
  'not-acceptable',
  'bad-request',
  'cross-site',
  'overloaded',
  'unavailable',
  'client-gone',
  'missing-credentials',
]);

function countsAsAttempt(error: unknown, { failures }: HandlerDefinition): boolean {
  if (!(error instanceof Refusal)) return false;
  if (neverCounts.has(error.reason)) return false;
  return failures ? failures.includes(error.reason) : true;
}

function tooMany({ resetMs }: CounterState, headers: Record<string, string>): Refusal {
  return new Refusal('throttled', { retryAfter: Math.max(1, Math.ceil(resetMs / 1000)), headers });
}

/** `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10. */
function rateLimitFields(bucket: string, max: number, minutes: number) {
  const name = `"${bucket.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')}"`;
  const policy = `${name};q=${max};w=${minutes * 60}`;
  return ({ remaining, resetMs }: CounterState): Record<string, string> => ({
    'RateLimit-Policy': policy,
    RateLimit: `${name};r=${remaining};t=${Math.ceil(resetMs / 1000)}`,
  });
}
