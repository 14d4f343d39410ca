import { Refusal } from '../errors.js';
import type { Link, User } from '../stores/contract.js';
import { sameText } from './csrf.js';
import { findLink, redeemLink, tokenHash } from './link.js';
import { requestLink } from './link-request.js';
import type { Services, Visitor } from './services.js';
import { isLive } from './session.js';

/**
 * Mails a link that logs in. `browser`: the mark of the browser that asks, when the link shall work there only.
 * @throws Refusal 'unknown-address', unless `accounts.conceal` hides who is known
 */
export function requestMagicLink(services: Services, email: string, visitor: Visitor, browser?: string): Promise<void> {
  return requestLink(services, 'magic', { email, browser: browser && tokenHash(browser) }, visitor);
}

/**
 * Whom a magic link lets in. It is consumed, unless it does not belong to this browser. A lock does not keep its owner
 * out: it holds off guesses at the password, and this proves the mailbox.
 * @throws Refusal 'link-unknown' | 'link-expired'
 */
export async function logInByMagicLink(services: Services, token: string, browser?: string): Promise<User> {
  const link = await findLink(services, token, 'magic');
  const user = await services.stores.users.findById(link.userId);
  if (!user || !isLive(user, services.clock.now()) || !belongsTo(link, browser)) {
    throw new Refusal('link-unknown', { field: 'token' });
  }
  await redeemLink(services, token, 'magic');
  return user;
}

/** The link may be used by the browser with this mark (ASVS 6.6.2). */
export function belongsTo(link: Link, browser: string | undefined): boolean {
  const { browser: bound } = link.data;
  return bound === undefined || (browser !== undefined && sameText(String(bound), tokenHash(browser)));
}
