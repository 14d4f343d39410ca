import { Refusal } from '../errors.js';
import type { Session, User } from '../stores/contract.js';
import { isLockedFor, noteWrongPassword } from './lockout.js';
import type { Services, Visitor } from './services.js';

/**
 * Somebody who is logged in proves to be the user, before what a stolen session must not do (ASVS 7.5.1). Guesses count
 * like those at the login.
 * @throws Refusal 'wrong-password' | 'locked' at `field`, 'overloaded'
 */
export async function provePassword(
  services: Services,
  user: User,
  { password, field }: { password: string; field: string },
  visitor: Visitor,
): Promise<void> {
  const right = await services.passwords.verify(password, user.passwordHash || undefined, visitor.signal);
  if (!right) throw await wrongPassword(services, user, field, visitor);
  if (await isLockedFor(services, user, visitor)) throw new Refusal('locked', { field });
}

async function wrongPassword(services: Services, user: User, field: string, origin: Visitor): Promise<Refusal> {
  await noteWrongPassword(services, user, origin);
  const { id: userId, username } = user;
  const at = services.clock.now();
  const told = { type: 'loginFailed', reason: 'wrong-password', factor: 're-authentication' } as const;
  services.tell({ ...told, at, origin, userId, username });
  return new Refusal('wrong-password', { field });
}

export function tellReauthenticated(services: Services, { id: userId, username }: User, origin: Visitor): void {
  services.tell({ type: 'reauthenticated', at: services.clock.now(), origin, userId, username });
}

/** The password (or link) was proven within the last minutes. */
export function isFresh(session: Session, minutes: number, now: number): boolean {
  return now - session.authenticatedAt < minutes * 60_000;
}
