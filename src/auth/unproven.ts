import type { User } from '../stores/contract.js';
import type { Services } from './services.js';

/**
 * Gives back the names of a registration whose address was never proven while its link worked, so that nobody can keep
 * somebody else from registering for ever.
 */
export async function releaseUnproven(
  { stores, clock, settings }: Services,
  { username, email }: { username: string; email: string },
): Promise<void> {
  const oldest = clock.now() - settings.links.verifyHours * 3_600_000;
  const holders = [await stores.users.findByEmail(email), await stores.users.findByUsername(username)];
  for (const holder of holders) {
    if (holder && isUnproven(holder) && holder.crdate * 1000 <= oldest) await stores.users.delete(holder.id);
  }
}

/** Registered with a password, but nobody opened the mail. */
function isUnproven({ verified, disabled, generated, passwordHash, lastLogin }: User): boolean {
  return !verified && !disabled && !generated && passwordHash !== '' && lastLogin === 0;
}
