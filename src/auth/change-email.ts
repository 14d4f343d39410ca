import { Refusal, type Problem } from '../errors.js';
import { isAddress } from '../lib/address.js';
import type { User } from '../stores/contract.js';
import { findLink, issueLink, linkUrl, redeemLink } from './link.js';
import { provePassword } from './proof.js';
import type { Services, Visitor } from './services.js';
import { storeUnique } from './users.js';

const purpose = 'change-email';

export interface EmailChange {
  email: string;
  currentPassword: string;
}

/**
 * Mails a link to the new address; only who opens it makes the change (ASVS 6.3.7, 7.5.1). Where `accounts.conceal` hides
 * who is known, an address that somebody has gets a mail that says so, and the answer is the same.
 * @throws Refusal 'invalid-input' on `email`, 'wrong-password' | 'locked' on `currentPassword`
 */
export async function requestEmailChange(
  services: Services,
  user: User,
  { email, currentPassword }: EmailChange,
  visitor: Visitor,
): Promise<void> {
  if (!isAddress(email)) throw refusedAddress('email');
  await provePassword(services, user, { password: currentPassword, field: 'currentPassword' }, visitor);
  const owner = await services.stores.users.findByEmail(email);
  if (owner && owner.id !== user.id) return addressTaken(services, owner);
  await mailConfirmation(services, user, email);
  const { id: userId, username } = user;
  services.tell({ type: 'emailChangeRequested', at: services.clock.now(), origin: visitor, email, userId, username });
}

async function addressTaken({ settings, mailer }: Services, owner: User): Promise<void> {
  if (!settings.accounts.conceal) throw refusedAddress('taken');
  await mailer.post({ template: 'registered-existing', to: owner.email, user: owner, values: {} });
}

async function mailConfirmation(services: Services, user: User, email: string): Promise<void> {
  const hours = services.settings.links.verifyHours;
  await services.stores.atomically(async (stores) => {
    const request = { userId: user.id, purpose, minutes: hours * 60, data: { email } } as const;
    const url = linkUrl(services, 'change-email-page', await issueLink(services, request, stores));
    await services.mailer.post({ template: 'change-email', to: email, user, values: { url, hours } }, stores);
  });
  services.mailer.wake();
}

/**
 * Makes the change. Links that were mailed to the old address end with it.
 * @throws Refusal 'link-unknown' | 'link-expired', 'invalid-input' when somebody else got the address meanwhile
 */
export async function confirmEmailChange(services: Services, token: string, visitor: Visitor): Promise<void> {
  const { userId, data } = await findLink(services, token, purpose);
  const user = await services.stores.users.findById(userId);
  if (!user) throw new Refusal('link-unknown', { field: 'token' });
  const email = String(data.email);
  await storeUnique(() =>
    services.stores.atomically(async (stores) => {
      await redeemLink(services, token, purpose, stores);
      await stores.users.update(userId, { email });
      await stores.links.endOfUser(userId);
    }),
  );
  const at = services.clock.now();
  const { username } = user;
  services.tell({ type: 'emailChanged', at, origin: visitor, from: user.email, to: email, userId, username });
}

function refusedAddress(code: Problem['code']): Refusal {
  return new Refusal('invalid-input', { problems: [{ field: 'email', code }] });
}
