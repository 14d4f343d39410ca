import { Refusal, type Reason } from '../errors.js';
import type { Origin } from '../events.js';
import type { Link, Stores, User } from '../stores/contract.js';
import { postJob } from './jobs.js';
import { findLink, issueLink, redeemLink } from './link.js';
import { passwordProblems } from './password-rules.js';
import type { FloodLimits } from './policy.js';
import type { Services, Visitor } from './services.js';

const purpose = 'one-time-login';
const page = 'one-time-login-page';
const hours = 24;

/** Whom a link is wanted for; the name wins. */
export interface Wish {
  username?: string | undefined;
  email?: string | undefined;
}

export const oneTimeLoginJob = 'one-time-login';

/**
 * Mails a link that logs in once and lets the password be set, to whoever forgot it. The wish is only written down:
 * nothing looks for the user before the answer is out, so neither the answer nor its time tells who is known
 * (ASVS 6.3.8). How often one may ask is limited like logins, on counters of its own.
 * @throws Refusal 'flooded-address' | 'flooded-user'
 */
export async function requestOneTimeLogin(
  services: Services,
  { username, email }: Wish,
  visitor: Visitor,
  limits: FloodLimits,
): Promise<void> {
  const refuse = (reason: Reason, detail = {}) => new Refusal(reason, detail);
  const typed = username ?? email ?? '';
  const gate = await services.flood.enter({ name: 'password', username: typed, visitor, limits, refuse });
  gate.fail();
  const { address, userAgent, requestId } = visitor;
  const origin = { address, userAgent: userAgent.slice(0, 300), requestId };
  await postJob(services, { kind: oneTimeLoginJob, payload: { username, email, origin } });
}

/** What a wish comes to, after the answer. Whoever never proved their address may ask again. */
export async function performOneTimeLogin(services: Services, payload: Record<string, unknown>): Promise<void> {
  const { username, email = '', origin } = payload as unknown as Wish & { origin: Origin };
  const { users } = services.stores;
  const user = username === undefined ? await users.findByEmail(email) : await users.findByUsername(username);
  if (!user || user.disabled || user.email === '') return;
  await services.stores.atomically((stores) => mailOneTimeLogin(services, user, stores));
  services.mailer.wake();
  const at = services.clock.now();
  services.tell({ type: 'resetRequested', at, origin, userId: user.id, username: user.username });
}

/** Issues the link and puts its mail into the outbox, within `stores`. */
export async function mailOneTimeLogin(services: Services, user: User, stores: Stores): Promise<void> {
  const data = { state: services.keys.sign(purpose, stateOf(user)) };
  const token = await issueLink(services, { userId: user.id, purpose, minutes: hours * 60, data }, stores);
  const timestamp = Math.floor(services.clock.now() / 1000);
  const url = services.settings.publicUrl + pagePath(services, { user: user.id, timestamp, token });
  await services.mailer.post({ template: 'one-time-login', to: user.email, user, values: { url, hours } }, stores);
}

function pagePath(services: Services, values: Record<string, string | number>): string {
  return services.pathOf(page).replaceAll(/\{(\w+)[^}]*\}/g, (_all, name: string) => String(values[name] ?? ''));
}

/** The link names a state of the account: once its address or its password is another, the link is worth nothing. */
function stateOf({ email, passwordHash }: User): string {
  return `${email}\n${passwordHash}`;
}

/** What the link's address says. */
export interface OneTimeLogin {
  userId: number;
  /** seconds */
  issuedAt: number;
  token: string;
  /** set at once, where the form offers it */
  password?: string | undefined;
}

/**
 * Consumes the link and answers who is let in; a mailed link also proves the address. Of any number of parallel callers
 * one gets in.
 * @throws Refusal 'link-unknown' | 'link-expired' | 'invalid-input' | 'overloaded'
 */
export async function useOneTimeLogin(services: Services, input: OneTimeLogin, visitor: Visitor): Promise<User> {
  const user = await ownerOf(services, input);
  const passwordHash = await hashNew(services, input.password, user);
  const at = services.clock.now();
  const changed = await services.stores.atomically(async (stores) => {
    await redeemLink(services, input.token, purpose, stores);
    if (passwordHash === undefined) return stores.users.update(user.id, { verified: true });
    await stores.sessions.deleteOfUser(user.id);
    await stores.links.endOfUser(user.id);
    return stores.users.update(user.id, { verified: true, passwordHash, passwordChangedAt: at });
  });
  if (!changed) throw new Refusal('link-unknown');
  const told = { at, origin: visitor, userId: user.id, username: user.username };
  if (passwordHash !== undefined) services.tell({ type: 'passwordChanged', by: 'reset', ...told });
  return changed;
}

async function ownerOf(services: Services, { userId, issuedAt, token }: OneTimeLogin): Promise<User> {
  const link = await findLink(services, token, purpose);
  const user = await services.stores.users.findById(link.userId);
  if (!user || user.disabled || !namesLink(link, userId, issuedAt) || !isUnchanged(services, link, user))
    throw new Refusal('link-unknown');
  return user;
}

/** By any of the secrets: one that was put in front since then ends no link. */
function isUnchanged({ keys }: Services, { data }: Link, user: User): boolean {
  return keys.verify(purpose, stateOf(user), String(data['state']));
}

function namesLink(link: Link, userId: number, issuedAt: number): boolean {
  return link.userId === userId && Math.floor(link.createdAt / 1000) === issuedAt;
}

async function hashNew({ passwords, settings }: Services, password: string | undefined, user: User) {
  if (password === undefined) return undefined;
  const problems = passwordProblems(password, settings.password, user);
  if (problems.length) throw new Refusal('invalid-input', { problems });
  return passwords.hash(password);
}
