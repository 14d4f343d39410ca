import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from '../errors.js';
import type { Link, LinkPurpose, Stores } from '../stores/contract.js';
import type { Services } from './services.js';

/** 256 random bits; the only copy is in the mail (ASVS 6.5.3, 11.5.1). */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** A plain hash is enough for 256 random bits (ASVS 6.5.2). */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

export interface LinkRequest {
  userId: number;
  purpose: LinkPurpose;
  minutes: number;
  data?: Record<string, unknown>;
}

/** Makes a one-time link, ending the user's older ones of that purpose. Answers the token for its URL. */
export async function issueLink(
  services: Services,
  request: LinkRequest,
  stores: Stores = services.stores,
): Promise<string> {
  const token = newToken();
  const createdAt = services.clock.now();
  const { userId, purpose, minutes, data = {} } = request;
  const expiresAt = createdAt + minutes * 60_000;
  await stores.links.issue({ hash: tokenHash(token), userId, purpose, createdAt, expiresAt, data });
  return token;
}

/** Looks without consuming (a GET by a mail scanner must not). A link of another purpose is none. */
export async function lookAtLink(
  { stores, clock }: Pick<Services, 'stores' | 'clock'>,
  token: string,
  purpose: LinkPurpose,
): Promise<Link | 'unknown' | 'expired'> {
  const link = await stores.links.find(tokenHash(token));
  if (!link || link.purpose !== purpose) return 'unknown';
  return link.expiresAt <= clock.now() ? 'expired' : link;
}

/** The same for who cannot go on without. @throws Refusal 'link-unknown' | 'link-expired' */
export async function findLink(services: Services, token: string, purpose: LinkPurpose): Promise<Link> {
  const link = await lookAtLink(services, token, purpose);
  if (typeof link === 'string') throw new Refusal(`link-${link}`, { field: 'token' });
  return link;
}

/** Consumes it: of any number of parallel callers one gets the link, the others `link-unknown`. */
export async function redeemLink(
  services: Services,
  token: string,
  purpose: LinkPurpose,
  stores: Stores = services.stores,
): Promise<Link> {
  await findLink({ ...services, stores }, token, purpose);
  const link = await stores.links.redeem(tokenHash(token), purpose);
  if (!link) throw new Refusal('link-unknown', { field: 'token' });
  return link;
}

/** `PUBLIC_URL` + the path of the page's route + `?token=` (contract ext-login, section 2.3). */
export function linkUrl(services: Services, pageHandler: string, token: string): string {
  return `${services.settings.publicUrl}${services.pathOf(pageHandler)}?token=${token}`;
}
