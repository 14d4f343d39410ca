import type { Counter, User } from '../stores/contract.js';
import type { Services, Visitor } from './services.js';

/**
 * Wrong passwords per account, across addresses (contract ext-login, section 4). A device that logged in before has a
 * budget of its own, all others share one, so that strangers lock each other out and never the owner (OWASP device
 * cookies, ASVS 6.1.1). A lock ends by time, without anybody lifting it.
 */
export function isLockedFor(services: Services, user: User, visitor: Visitor): Promise<boolean> | boolean {
  if (!isKnownDevice(user, visitor)) return isLocked(user, services.clock.now()) && stillLocked(services, user);
  return lockoutCounter(services)
    .look(deviceBudget(user, visitor))
    .then(({ taken }) => taken >= services.settings.lockout.attempts);
}

/** Clocks of several machines may differ by so many milliseconds. */
const clockTolerance = 60_000;

/** A lock that ends later than one that began now is older than the clock, which was put back: it is counted from now. */
async function stillLocked({ stores, settings, clock }: Services, { id, lockedUntil, tstamp }: User): Promise<true> {
  const latest = clock.now() + settings.lockout.minutes * 60_000;
  if (lockedUntil > latest + clockTolerance) await stores.users.update(id, { lockedUntil: latest, tstamp });
  return true;
}

/** The account is locked for everybody who has not logged in from their device before. */
export function isLocked(user: User, now: number): boolean {
  return user.lockedUntil > now;
}

/** Counts a wrong password; the one that uses up the strangers' budget locks the account and tells its owner, once. */
export async function noteWrongPassword(services: Services, user: User, visitor: Visitor): Promise<void> {
  const counter = lockoutCounter(services);
  if (isKnownDevice(user, visitor)) return void (await counter.take(deviceBudget(user, visitor)));
  const { remaining } = await counter.take(strangersBudget(user));
  if (remaining === 0) await lock(services, user, visitor);
}

/** The same work for a name that nobody has, so that its answer takes the same time. */
export async function noteUnknownName(services: Services, username: string): Promise<void> {
  await lockoutCounter(services).take(`name:${username.toLowerCase().slice(0, 100)}`);
}

async function lock(services: Services, user: User, visitor: Visitor): Promise<void> {
  const now = services.clock.now();
  const until = now + services.settings.lockout.minutes * 60_000;
  if (!(await services.stores.users.lock(user.id, until, now))) return;
  services.tell({ type: 'lockout', at: now, origin: visitor, userId: user.id, username: user.username, until });
}

/** Lifts a lock and forgets the wrong passwords that led to it, on every device. */
export async function unlock(
  services: Services,
  user: User,
  by: 'link' | 'command' | 'administrator' | 'reset',
  origin: Visitor,
  actor?: string,
): Promise<void> {
  await services.stores.users.update(user.id, { lockedUntil: services.clock.now(), tstamp: user.tstamp });
  const { id: userId, username } = user;
  services.tell({ type: 'unlocked', by, actor, at: services.clock.now(), origin, userId, username });
}

function lockoutCounter({ stores, settings }: Services): Counter {
  return stores.counters.counter('lockout', settings.lockout.attempts, settings.lockout.minutes * 60);
}

function isKnownDevice(user: User, visitor: Visitor): boolean {
  return visitor.device?.userIds.includes(user.id) ?? false;
}

function deviceBudget(user: User, visitor: Visitor): string {
  return `${strangersBudget(user)}:${visitor.device!.id}`;
}

/** Another one after each lock, unlocking and change of the password: what was counted before then counts no more. */
function strangersBudget({ id, lockedUntil, passwordChangedAt }: User): string {
  return `${id}:${lockedUntil}:${passwordChangedAt}`;
}
