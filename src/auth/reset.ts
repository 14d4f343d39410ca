import { Refusal, type Problem } from '../errors.js';
import type { User } from '../stores/contract.js';
import { findLink, redeemLink } from './link.js';
import { requestLink } from './link-request.js';
import { passwordProblems } from './password-rules.js';
import type { Services, Visitor } from './services.js';

/**
 * Mails a link for a new password; a locked user may ask.
 * @throws Refusal 'unknown-address', unless `accounts.conceal` hides who is known
 */
export function requestReset(services: Services, email: string, visitor: Visitor): Promise<void> {
  return requestLink(services, 'reset', { email }, visitor);
}

export interface NewPassword {
  token: string;
  password: string;
  passwordConfirmation: string;
}

/**
 * Sets a new password by a mailed link: all the user's sessions and links end and a lock is lifted, in one step.
 * @throws Refusal 'link-unknown' | 'link-expired' | 'invalid-input' | 'overloaded'
 */
export async function resetPassword(services: Services, input: NewPassword, visitor: Visitor): Promise<User> {
  const link = await findLink(services, input.token, 'reset');
  const user = await services.stores.users.findById(link.userId);
  if (!user) throw new Refusal('link-unknown', { field: 'token' });
  refuseWeak(services, input, user);
  const passwordHash = await services.passwords.hash(input.password);
  const at = services.clock.now();
  await services.stores.atomically(async (stores) => {
    await redeemLink(services, input.token, 'reset', stores);
    await stores.users.update(user.id, { passwordHash, passwordChangedAt: at, lockedUntil: 0 });
    await stores.sessions.deleteOfUser(user.id);
    await stores.links.endOfUser(user.id);
  });
  services.tell({
    type: 'passwordChanged',
    by: 'reset',
    at,
    origin: visitor,
    userId: user.id,
    username: user.username,
  });
  return user;
}

/** Both new passwords alike and good enough, or every problem at once. */
export function refuseWeak(
  { settings }: Services,
  { password, passwordConfirmation }: { password: string; passwordConfirmation: string },
  user: Pick<User, 'username' | 'email'>,
): void {
  const problems: Problem[] = passwordProblems(password, settings.password, user);
  if (password !== passwordConfirmation) problems.push({ field: 'passwordConfirmation', code: 'mismatch' });
  if (problems.length) throw new Refusal('invalid-input', { problems });
}
