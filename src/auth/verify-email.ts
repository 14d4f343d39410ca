import { Refusal } from '../errors.js';
import type { Stores, User } from '../stores/contract.js';
import { findLink, issueLink, linkUrl, redeemLink } from './link.js';
import { askForApproval } from './store-registration.js';
import type { Services, Visitor } from './services.js';

const purpose = 'verify-email';

/** Mails the link that proves a new user's address, within the step that stores them. */
export async function mailVerification(services: Services, user: User, stores: Stores): Promise<void> {
  const hours = services.settings.links.verifyHours;
  const request = { userId: user.id, purpose, minutes: hours * 60 } as const;
  const url = linkUrl(services, 'verify-email-page', await issueLink(services, request, stores));
  await services.mailer.post({ template: 'verify-email', to: user.email, user, values: { url, hours } }, stores);
}

/**
 * The address is proven: the user may log in, or waits for an administrator, who is asked only now, when somebody is
 * known to read the mail.
 * @throws Refusal 'link-unknown' | 'link-expired'
 */
export async function verifyEmail(services: Services, token: string, visitor: Visitor): Promise<void> {
  const { userId } = await findLink(services, token, purpose);
  const disabled = services.settings.accounts.registration.approval;
  const user = await services.stores.atomically(async (stores) => {
    await redeemLink(services, token, purpose, stores);
    const verified = await stores.users.update(userId, { verified: true, ...(disabled ? { disabled } : {}) });
    if (verified && disabled) await askForApproval(services, verified, stores);
    return verified;
  });
  if (!user) throw new Refusal('link-unknown', { field: 'token' });
  services.mailer.wake();
  const { username } = user;
  services.tell({ type: 'emailVerified', at: services.clock.now(), origin: visitor, userId, username });
}
