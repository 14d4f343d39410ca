import { Refusal } from '../errors.js';
import type { Session, User } from '../stores/contract.js';
import { provePassword } from './proof.js';
import { refuseWeak } from './reset.js';
import type { Services, Visitor } from './services.js';

export interface PasswordChange {
  currentPassword: string;
  password: string;
  passwordConfirmation: string;
}

const field = 'currentPassword';

/**
 * Sets a new password for somebody who knows the current one (ASVS 6.2.3). Their other sessions and all their links end,
 * in one step; of two changes at once the second no longer knows the current password.
 * @throws Refusal 'invalid-input' | 'wrong-password' | 'locked' | 'overloaded'
 */
export async function changePassword(
  services: Services,
  { user, session }: { user: User; session?: Session | undefined },
  input: PasswordChange,
  visitor: Visitor,
): Promise<void> {
  refuseWeak(services, input, user);
  await provePassword(services, user, { password: input.currentPassword, field }, visitor);
  const passwordHash = await services.passwords.hash(input.password);
  const at = services.clock.now();
  const { id: userId, username } = user;
  await services.stores.atomically(async (stores) => {
    const unchanged = await stores.users.replaceHash(userId, user.passwordHash, passwordHash);
    if (!unchanged) throw new Refusal('wrong-password', { field });
    await stores.users.update(userId, { passwordChangedAt: at });
    await stores.sessions.deleteOfUser(userId, session?.key);
    await stores.links.endOfUser(userId);
  });
  services.tell({ type: 'passwordChanged', by: 'change', at, origin: visitor, userId, username });
}
