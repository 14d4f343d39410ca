import { randomBytes } from 'node:crypto';
import { Refusal } from '../errors.js';
import type { Origin } from '../events.js';
import type { Link, User } from '../stores/contract.js';
import { issueLink, lookAtLink, tokenHash } from './link.js';
import type { Services, Visitor } from './services.js';

const purpose = 'one-time-account';

export interface OneTimeAccountRequest {
  /** names of the groups its user will be in */
  groups: string[];
  /** how long that user will live */
  minutes: number;
}

/** Makes a link that makes a user, once. Answers its URL and until when it can be used (ASVS 6.4.1). */
export async function createOneTimeAccount(
  services: Services,
  { groups, minutes }: OneTimeAccountRequest,
  by: string,
  origin: Origin,
): Promise<{ url: string; expiresAt: number }> {
  const { linkHours } = services.settings.oneTimeAccounts;
  const data = { groups, minutes, by };
  const token = await issueLink(services, { userId: 0, purpose, minutes: linkHours * 60, data });
  const at = services.clock.now();
  services.tell({ type: 'oneTimeAccountCreated', at, origin, by, minutes, groups });
  return { url: oneTimeAccountUrl(services, token), expiresAt: at + linkHours * 3_600_000 };
}

export function oneTimeAccountUrl(services: Services, token: string): string {
  return services.settings.publicUrl + fill(services.pathOf('one-time-account'), token);
}

/** Where the click on its page posts to. */
export function oneTimeAccountPath(services: Services, token: string): string {
  return fill(services.pathOf('one-time-account-login'), token);
}

function fill(path: string, token: string): string {
  return path.replace(/\{hash[^}]*\}/, () => encodeURIComponent(token));
}

/** Looks without consuming: link scanners open what they find. @throws Refusal('not-found') */
export async function findOneTimeAccount({ stores, clock }: Services, token: string): Promise<Link> {
  const link = await lookAtLink({ stores, clock }, token, purpose);
  if (typeof link === 'string') throw notFound();
  return link;
}

/** Makes the user; of any number of parallel callers one. It has no password and no address, and lives until `endtime`. */
export async function useOneTimeAccount(services: Services, token: string, visitor: Visitor): Promise<User> {
  await findOneTimeAccount(services, token);
  const now = services.clock.now();
  const { user, by } = await services.stores.atomically(async (stores) => {
    const link = await stores.links.redeem(tokenHash(token), purpose);
    if (!link) throw notFound();
    const { groups, minutes, by } = link.data as unknown as OneTimeAccountRequest & { by: string };
    const user = await stores.users.insert({
      username: `guest-${randomBytes(6).toString('hex')}`,
      passwordHash: '',
      groups,
      generated: true,
      endtime: Math.floor(now / 1000) + minutes * 60,
    });
    return { user, by };
  });
  services.tell({
    type: 'oneTimeAccountUsed',
    at: now,
    origin: visitor,
    by,
    userId: user.id,
    username: user.username,
  });
  return user;
}

/** A browser may be sent to a page that explains it. */
function notFound(): Refusal {
  return new Refusal('not-found', { link: purpose });
}

/** Groups as an administrator types them, by id or name: their names. A name may be new, an id may not. */
export async function groupNames({ stores }: Services, written: readonly string[]): Promise<string[]> {
  const groups = await stores.users.groups();
  return written.map((text) => {
    const found = groups.find(({ id, name }) => name === text || String(id) === text);
    if (found || !/^\d+$/.test(text)) return found?.name ?? text;
    throw new Refusal('invalid-input', { problems: [{ field: 'group', code: 'invalid' }] });
  });
}
