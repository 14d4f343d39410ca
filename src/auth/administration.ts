import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from '../errors.js';
import type { RouteChange } from '../routes/edit.js';
import type { OutboxMail, User } from '../stores/contract.js';
import { lastDayOf } from './figures.js';
import { isLocked } from './lockout.js';
import { issueLink, linkUrl } from './link.js';
import type { Services, Visitor } from './services.js';
import { sessionReference } from './own-sessions.js';
import { addUser, changeUser, lookUpUser } from './users.js';

/** What an administrator sees of a user at a glance. */
export type UserState = 'active' | 'disabled' | 'unverified' | 'notStarted' | 'ended' | 'locked';

export function stateOfUser(user: User, now: number): UserState {
  const seconds = Math.floor(now / 1000);
  if (user.disabled) return 'disabled';
  if (!user.verified) return 'unverified';
  if (user.endtime !== 0 && user.endtime <= seconds) return 'ended';
  if (user.starttime > seconds) return 'notStarted';
  return isLocked(user, now) ? 'locked' : 'active';
}

/** What an administrator may change of a user by hand. */
export interface Editable {
  email: string;
  firstName: string;
  lastName: string;
  admin: boolean;
  /** names, by comma */
  groups: string;
}

export function editableOf({ email, firstName, lastName, admin, groups }: User): Editable {
  return { email, firstName, lastName, admin, groups: groups.map(({ name }) => name).join(', ') };
}

/** Names a state of what can be changed, so that of two who change it at once the second is told. */
export function versionOf(user: User): string {
  return createHash('sha256')
    .update(JSON.stringify(editableOf(user)))
    .digest('base64url')
    .slice(0, 16);
}

/** @throws Refusal 'changed-meanwhile' when `version` is given and is not the user's any more, 'invalid-input' */
export async function editUser(
  services: Services,
  user: User,
  { version, groups, ...patch }: Partial<Editable> & { version?: string },
  by: string,
  visitor: Visitor,
): Promise<User> {
  if (version && version !== versionOf(user)) throw new Refusal('changed-meanwhile');
  refuseSelfDemotion(user, patch, by);
  const names = groups === undefined ? {} : { groups: groupList(groups) };
  return changeUser(services, user, { ...patch, ...names }, by, visitor);
}

/** The last who could undo it would be locked out (of the house, not of the account). */
function refuseSelfDemotion(user: User, { admin }: Partial<Editable>, by: string): void {
  if (user.username === by && user.admin && admin === false)
    throw new Refusal('invalid-input', { problems: [{ field: 'admin', code: 'not-allowed' }] });
}

export function groupList(text: string): string[] {
  return [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '');
}

/** @throws Refusal 'invalid-input' on `user`: nobody switches themselves off */
export async function switchUser(
  services: Services,
  user: User,
  disabled: boolean,
  by: string,
  visitor: Visitor,
): Promise<User> {
  if (disabled && user.username === by)
    throw new Refusal('invalid-input', { problems: [{ field: 'user', code: 'not-allowed' }] });
  return changeUser(services, user, { disabled }, by, visitor);
}

/**
 * A user who sets the password themselves, by a link: an administrator neither chooses nor sees one (ASVS 6.4.1, 6.4.6).
 * @throws Refusal 'invalid-input'
 */
export async function inviteUser(
  services: Services,
  { groups, ...person }: Partial<Editable> & { username: string; email: string },
  by: string,
  visitor: Visitor,
): Promise<User> {
  const password = randomBytes(32).toString('base64url');
  const user = await addUser(services, { ...person, password, groups: groupList(groups ?? '') }, by, visitor);
  await mailResetLink(services, user, services.settings.links.verifyHours * 60);
  return user;
}

/** Mails a link for a new password in the name of somebody who has lost theirs. */
export async function sendResetLink(services: Services, user: User, by: string, visitor: Visitor): Promise<void> {
  if (!user.email) throw new Refusal('unknown-address', { field: 'email' });
  await mailResetLink(services, user, services.settings.links.resetMinutes);
  const { id: userId, username } = user;
  services.tell({ type: 'resetRequested', by, at: services.clock.now(), origin: visitor, userId, username });
}

async function mailResetLink(services: Services, user: User, minutes: number): Promise<void> {
  await services.stores.atomically(async (stores) => {
    const token = await issueLink(services, { userId: user.id, purpose: 'reset', minutes }, stores);
    const url = linkUrl(services, 'reset-password-page', token);
    await services.mailer.post({ template: 'reset-request', to: user.email, user, values: { url, minutes } }, stores);
  });
  services.mailer.wake();
}

/** Sends a mail again that was given up, or at once what waits for its next try. */
export async function retryMail(services: Services, id: string, by: string, visitor: Visitor): Promise<void> {
  const mail = await services.stores.outbox.find(id);
  if (!mail || mail.state === 'sent') throw new Refusal('not-found');
  await services.stores.outbox.retry(id, services.clock.now(), mail.lastError);
  services.mailer.wake();
  services.tell({ type: 'mailRetried', at: services.clock.now(), origin: visitor, mail: id, by });
}

/** What a mail says: in development only, because its links are keys. @throws Refusal 'not-permitted' | 'not-found' */
export async function readMail(services: Services, id: string) {
  if (services.settings.production) throw new Refusal('not-permitted');
  const mail = await services.stores.outbox.find(id);
  const content = mail && (await services.mailer.read(mail));
  if (!content) throw new Refusal('not-found');
  return { mail: describeMail(mail), ...content };
}

/** A mail without what it says. */
export function describeMail({ payload: _sealed, ...mail }: OutboxMail): Omit<OutboxMail, 'payload'> {
  return mail;
}

/** Lets somebody try again who called a route too often. */
export async function liftThrottle(
  services: Services,
  { name, key }: { name: string; key: string },
  by: string,
  visitor: Visitor,
): Promise<void> {
  await services.stores.counters.clear(name, key);
  services.tell({ type: 'throttleLifted', at: services.clock.now(), origin: visitor, name, key, by });
}

/** Ends one session by `<user id>.<reference>`. Answers how many that were. */
export async function endSessionOf(services: Services, id: string, by: string, origin: Visitor): Promise<number> {
  const [owner, reference] = id.split('.');
  const userId = Number(owner);
  const now = services.clock.now();
  const sessions = Number.isSafeInteger(userId) ? await services.stores.sessions.ofUser(userId, now) : [];
  const session = sessions.find((one) => sessionReference(one) === reference);
  if (!session || !(await services.stores.sessions.delete(session.key))) return 0;
  const username = (await services.stores.users.findById(userId))?.username ?? '';
  services.tell({ type: 'sessionEnded', at: now, origin, by, userId, username });
  return 1;
}

export interface AuditFilter {
  type?: string;
  /** name, address or id */
  user?: string;
  address?: string;
  since?: number;
  before?: number;
  offset?: number;
  limit?: number;
}

/** Lines of the audit log, newest first; none where the user is unknown. */
export async function auditOf(services: Services, { user, type, address, ...rest }: AuditFilter) {
  const found = user ? await lookUpUser(services, user) : undefined;
  if (user && !found) return [];
  return services.stores.audit.query({
    ...rest,
    ...(type ? { type } : {}),
    ...(address ? { address } : {}),
    ...(found ? { userId: found.id } : {}),
  });
}

/** How the server is: what an administrator looks at first. */
export async function healthOf(services: Services) {
  const { stores, clock, figures, passwords } = services;
  const now = clock.now();
  const [users, locked, sessions, waiting, dead, throttled, slots] = await Promise.all([
    stores.users.count(),
    stores.users.count({ state: 'locked', now }),
    stores.sessions.count(now),
    stores.outbox.count('waiting'),
    stores.outbox.count('dead'),
    stores.counters.full(now),
    lastDayOf(services),
  ]);
  return {
    now,
    since: figures.since,
    users: { total: users, locked },
    sessions,
    mails: { waiting, dead },
    throttled: throttled.length,
    passwords: { ...passwords.load },
    memoryBytes: process.memoryUsage().rss,
    slots,
  };
}

/** Changes an entry of the routes file. @throws Refusal 'changed-meanwhile' | 'invalid-input' */
export async function changeRoute(
  services: Services,
  name: string,
  change: RouteChange,
  version: string,
  by: string,
  visitor: Visitor,
): Promise<void> {
  await services.desk!.write(name, change, version);
  const text = `${name} ${JSON.stringify(change)}`;
  services.tell({ type: 'routesChanged', at: services.clock.now(), origin: visitor, by, change: text });
}
