import { createHash } from 'node:crypto';
import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Counter, CounterState } from './contract.js';

/** The contract's words around a limiter of rate-limiter-flexible; `place` is where a key is kept. */
export function counterOf(limiter: RateLimiterAbstract, place: (key: string) => string): Counter {
  const { points, duration } = limiter;
  const stateOf = (result: RateLimiterRes | null): CounterState => {
    const taken = Math.min(Math.max(result?.consumedPoints ?? 0, 0), points);
    return { taken, remaining: points - taken, resetMs: Math.max(result?.msBeforeNext ?? 0, 0) };
  };
  return {
    points,
    seconds: duration,
    async take(key) {
      try {
        return { ...stateOf(await limiter.consume(place(key))), allowed: true };
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return { ...stateOf(refused), allowed: false };
        throw refused;
      }
    },
    async giveBack(key) {
      await limiter.reward(place(key));
    },
    look: async (key) => stateOf(await limiter.get(place(key))),
    async clear(key) {
      await limiter.delete(place(key));
    },
  };
}

/** Names and keys hold colons; a line feed between them keeps `a` + `b:c` apart from `a:b` + `c`. */
export const placeOf = (name: string, key: string): string => `${name}\n${fitted(key)}`;

/** Keys may come from what somebody typed; the index has a limit. */
const fitted = (key: string): string =>
  key.length <= 120 ? key : `sha256-${createHash('sha256').update(key).digest('base64url')}`;
