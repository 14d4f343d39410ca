import type { Reason, Refusal } from '../errors.js';
import type { Counter } from '../stores/contract.js';
import type { FloodLimits, LoginPolicy } from './policy.js';
import type { Services, Visitor } from './services.js';

/** What a login does with the places it took: keep them (failed), give all back, or succeed (clears the user's). */
export interface FloodGate {
  fail(): Promise<void>;
  leave(): Promise<void>;
  succeed(): Promise<void>;
}

const openGate: FloodGate = { fail: nothing, leave: nothing, succeed: nothing };
async function nothing(): Promise<void> {}

/**
 * Limits failed logins per address and per user inside the login itself. The user's counter runs on the name that was
 * typed, whether or not somebody has it, so it tells nothing. A place is taken before the password is looked at: with
 * limit N exactly N failures get an answer, also in parallel. A success clears the user's counter, never the address's.
 * @throws Refusal('flooded-address' | 'flooded-user', { retryAfter })
 */
export async function floodGate(
  services: Services,
  username: string,
  visitor: Visitor,
  policy: LoginPolicy,
  no: (reason: Reason, detail?: object) => Refusal,
): Promise<FloodGate> {
  if (!policy.flood) return openGate;
  return enterFlood(services, 'login', username, visitor, policy.flood, no);
}

/** The same limits for another action with counters of its own (`name`). */
export async function enterFlood(
  services: Services,
  name: string,
  username: string,
  { address }: Visitor,
  limits: FloodLimits,
  no: (reason: Reason, detail?: object) => Refusal,
): Promise<FloodGate> {
  const byAddress = services.stores.counters.counter(
    `flood-address-${name}`,
    limits.addressLimit,
    limits.addressWindow,
  );
  const byUser = services.stores.counters.counter(`flood-user-${name}`, limits.userLimit, limits.userWindow);
  const userKey = `${username.toLowerCase().slice(0, 100)}${limits.userOnly ? '' : `|${address}`}`;

  const first = await byAddress.take(address);
  if (!first.allowed) throw no('flooded-address', { retryAfter: seconds(first.resetMs) });
  const second = await byUser.take(userKey);
  if (!second.allowed) {
    await byAddress.giveBack(address);
    throw no('flooded-user', {
      retryAfter: seconds(second.resetMs),
      userOnly: limits.userOnly,
      limit: limits.userLimit,
    });
  }
  return places(byAddress, address, byUser, userKey);
}

function places(byAddress: Counter, address: string, byUser: Counter, userKey: string): FloodGate {
  return {
    fail: nothing,
    async leave() {
      await byAddress.giveBack(address);
      await byUser.giveBack(userKey);
    },
    async succeed() {
      await byAddress.giveBack(address);
      await byUser.clear(userKey);
    },
  };
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
