import type { Reason, Refusal } from '../errors.js';
import { networkKey } from '../lib/network-key.js';
import type { Counter, CounterState, CounterStore } from '../stores/contract.js';
import type { FloodLimits } from './policy.js';
import type { Visitor } from './services.js';
import { createThrottle, type Place } from './throttle.js';

/** What an attempt does with the places it took: keep them (failed), give them back, or succeed (clears the user's). */
export interface FloodGate {
  fail(): void;
  leave(): Promise<void>;
  succeed(): Promise<void>;
}

export const openGate: FloodGate = { fail() {}, async leave() {}, async succeed() {} };

export interface FloodAttempt {
  /** attempts of one name share their counters */
  name: string;
  /** as it was typed */
  username: string;
  visitor: Visitor;
  limits: FloodLimits;
  refuse: (reason: Reason, detail?: object) => Refusal;
}

/**
 * Limits failed attempts per address and per user inside the action itself. The user's counter runs on the name that was
 * typed, whether or not somebody has it, so it tells nothing. A place is taken before the password is looked at: with
 * limit N exactly N failures get an answer, also in parallel; where the places left are only held by attempts under way,
 * the next one waits for their end. A success clears the user's counter, never the address's.
 */
export interface Flood {
  /** @throws Refusal('flooded-address' | 'flooded-user', { retryAfter }) */
  enter(attempt: FloodAttempt): Promise<FloodGate>;
}

export function createFlood(counters: CounterStore): Flood {
  const limiters = new Map<string, Limiter>();
  const limiter = (name: string, points: number, seconds: number): Limiter => {
    const key = `${name}/${points}/${seconds}`;
    const known = limiters.get(key) ?? createLimiter(counters.counter(name, points, seconds));
    limiters.set(key, known);
    return known;
  };
  return {
    async enter({ name, username, visitor, limits, refuse }) {
      const { addressLimit, addressWindow, userLimit, userWindow, userOnly } = limits;
      const byAddress = limiter(`flood-address-${name}`, addressLimit, addressWindow);
      const byUser = limiter(`flood-user-${name}`, userLimit, userWindow);
      const address = networkKey(visitor.address);
      const userKey = `${comparedName(username)}${userOnly ? '' : `|${address}`}`;

      const first = await byAddress.enter(address);
      if (!first.allowed) throw refuse('flooded-address', { retryAfter: secondsUntil(first.state) });
      const second = await byUser.enter(userKey);
      if (second.allowed) return gateOf(first.place, second.place, () => byUser.counter.clear(userKey));
      await first.place.giveBack();
      throw refuse('flooded-user', { retryAfter: secondsUntil(second.state), userOnly, limit: userLimit });
    },
  };
}

interface Limiter {
  counter: Counter;
  enter: ReturnType<typeof createThrottle>;
}

function createLimiter(counter: Counter): Limiter {
  return { counter, enter: createThrottle(counter) };
}

/** As the store compares names: else each way to write one would have a counter of its own. */
function comparedName(username: string): string {
  return username.normalize('NFKC').toLowerCase().slice(0, 100);
}

function gateOf(address: Place, user: Place, clearUser: () => Promise<void>): FloodGate {
  return {
    fail() {
      address.keep();
      user.keep();
    },
    async leave() {
      await user.giveBack();
      await address.giveBack();
    },
    async succeed() {
      await clearUser();
      await user.giveBack();
      await address.giveBack();
    },
  };
}

function secondsUntil({ resetMs }: CounterState): number {
  return Math.max(1, Math.ceil(resetMs / 1000));
}
