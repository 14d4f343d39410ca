import { Refusal } from '../errors.js';
import type { User } from '../stores/contract.js';
import { issueLink, linkUrl, redeemLink } from './link.js';
import { unlock } from './lockout.js';
import type { Services, Visitor } from './services.js';

/** The way out of a lock that its owner is mailed: the URL of a page. */
export async function issueUnlockUrl(services: Services, user: Pick<User, 'id'>): Promise<string> {
  const minutes = services.settings.links.unlockMinutes;
  return linkUrl(services, 'unlock-page', await issueLink(services, { userId: user.id, purpose: 'unlock', minutes }));
}

/** @throws Refusal 'link-unknown' | 'link-expired' */
export async function unlockByLink(services: Services, token: string, visitor: Visitor): Promise<void> {
  const link = await redeemLink(services, token, 'unlock');
  const user = await services.stores.users.findById(link.userId);
  if (!user) throw new Refusal('link-unknown', { field: 'token' });
  await unlock(services, user, 'link', visitor);
}
