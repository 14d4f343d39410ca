import { Refusal, type Problem } from '../errors.js';
import { Taken, type NewUser, type User, type UserPatch } from '../stores/contract.js';
import { isAddress } from '../lib/address.js';
import { passwordProblems } from './password-rules.js';
import type { Services } from './services.js';
import type { Origin } from '../events.js';
import { endSessions } from './session.js';

/** A person to be entered by an administrator; the password in clear text, hashed here. */
export type UserRequest = Omit<NewUser, 'passwordHash'> & { password: string };

/** Enters a user. @throws Refusal('invalid-input') when a name is taken or the password is too weak */
export async function addUser(
  services: Services,
  { password, ...request }: UserRequest,
  by: string,
  origin: Origin,
): Promise<User> {
  refuseProblems([
    ...personProblems(request),
    ...passwordProblems(password, services.settings.password, request),
    ...(await mixedUp(services, request)),
  ]);
  const passwordHash = await services.passwords.hash(password);
  const user = await storeUnique(() => services.stores.users.insert({ verified: true, ...request, passwordHash }));
  tellUser(services, 'userCreated', user, by, origin);
  return user;
}

/** What is wrong with a person's record as such, before anybody is asked for a password. */
export function personProblems({ username, email, groups = [] }: Pick<NewUser, 'username' | 'email' | 'groups'>) {
  return [...nameProblems(username), ...addressProblems(email), ...groupNameProblems(groups)];
}

/** A name that is somebody else's address would catch their logins, and the other way round. */
async function mixedUp(
  { stores: { users } }: Services,
  { username, email = '' }: Pick<UserPatch, 'username' | 'email'>,
  own?: number,
): Promise<Problem[]> {
  const byName = username?.includes('@') ? await users.findByEmail(username) : undefined;
  const byAddress = email === '' ? undefined : await users.findByUsername(email);
  const problems: Problem[] = [];
  if (byName && byName.id !== own) problems.push({ field: 'username', code: 'taken' });
  if (byAddress && byAddress.id !== own) problems.push({ field: 'email', code: 'taken' });
  return problems;
}

/**
 * Changes a user's record. Switching one off ends their sessions at once (ASVS 7.4.2), and so does a change of rights:
 * nobody carries a session id from before into new rights (contract ext-login, section 6).
 */
export async function changeUser(
  services: Services,
  user: User,
  patch: UserPatch,
  by: string,
  origin: Origin,
): Promise<User> {
  refuseProblems([...groupNameProblems(patch.groups ?? []), ...(await mixedUp(services, patch, user.id))]);
  const changed = await storeUnique(() => services.stores.users.update(user.id, patch));
  if (!changed) throw new Refusal('not-found');
  if ((changed.disabled && !user.disabled) || rightsOf(changed) !== rightsOf(user))
    await endSessions(services, user.id);
  const type = changed.disabled === user.disabled ? 'userChanged' : changed.disabled ? 'userDisabled' : 'userEnabled';
  tellUser(services, type, changed, by, origin);
  if (type === 'userEnabled' && user.lastLogin === 0) tellApproved(services, changed, origin);
  return changed;
}

function rightsOf({ admin, groups }: User): string {
  const ids = groups.map(({ id }) => id).sort((a, b) => a - b);
  return `${admin} ${ids.join()}`;
}

/** A new password given by an administrator; all sessions of the user end. */
export async function setPassword(
  services: Services,
  user: User,
  password: string,
  by: 'command' | 'administrator',
  origin: Origin,
): Promise<void> {
  refuseProblems(passwordProblems(password, services.settings.password, user));
  const passwordHash = await services.passwords.hash(password);
  const at = services.clock.now();
  await services.stores.atomically(async (stores) => {
    await stores.users.update(user.id, { passwordHash, passwordChangedAt: at });
    await stores.sessions.deleteOfUser(user.id);
    await stores.links.endOfUser(user.id);
  });
  services.tell({ type: 'passwordChanged', by, at, origin, userId: user.id, username: user.username });
}

export async function deleteUser(services: Services, user: User, by: string, origin: Origin): Promise<void> {
  await endSessions(services, user.id);
  await services.stores.users.delete(user.id);
  tellUser(services, 'userDeleted', user, by, origin);
}

/** Ends every session of a user. Answers how many there were. */
export async function terminate(services: Services, user: User, by: string, origin: Origin): Promise<number> {
  const count = await endSessions(services, user.id);
  services.tell({
    type: 'sessionsTerminated',
    at: services.clock.now(),
    count,
    by,
    origin,
    userId: user.id,
    username: user.username,
  });
  return count;
}

/** The same by an id as it stands in a path; nobody has it: 0. */
export async function terminateById(services: Services, id: string, by: string, origin: Origin): Promise<number> {
  const user = /^\d{1,15}$/.test(id) ? await services.stores.users.findById(Number(id)) : undefined;
  return user ? terminate(services, user, by, origin) : 0;
}

/** By id, name or address, as an administrator types it. */
export async function lookUpUser({ stores }: Services, text: string): Promise<User | undefined> {
  const byName = (await stores.users.findByUsername(text)) ?? (await stores.users.findByEmail(text));
  return byName ?? (/^\d{1,15}$/.test(text) ? stores.users.findById(Number(text)) : undefined);
}

/** Turns a taken name, which only the store can tell for sure, into a refusal by field. */
export async function storeUnique<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Taken) refuseProblems([{ field: error.field, code: 'taken' }]);
    throw error;
  }
}

function nameProblems(username: string): Problem[] {
  if (username.trim() === '') return [{ field: 'username', code: 'required' }];
  if ([...username].length > 255) return [{ field: 'username', code: 'too-long', values: { max: 255 } }];
  if (username.startsWith(' ')) return [{ field: 'username', code: 'leading-space' }];
  if (username.endsWith(' ')) return [{ field: 'username', code: 'trailing-space' }];
  return unprintable.test(username) ? [{ field: 'username', code: 'invalid' }] : [];
}

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const longestGroupName = 100;

/** Lists of groups are written with commas, in forms and in headers for backends. */
function groupNameProblems(names: readonly string[]): Problem[] {
  if (names.some((name) => [...name].length > longestGroupName))
    return [{ field: 'groups', code: 'too-long', values: { max: longestGroupName } }];
  const odd = names.some((name) => name.trim() !== name || name === '' || name.includes(',') || unprintable.test(name));
  return odd ? [{ field: 'groups', code: 'invalid' }] : [];
}

/** '' = none; whoever has none cannot be mailed. */
function addressProblems(email = ''): Problem[] {
  return email === '' || isAddress(email) ? [] : [{ field: 'email', code: 'email' }];
}

function refuseProblems(problems: Problem[]): void {
  if (problems.length) throw new Refusal('invalid-input', { problems });
}

function tellUser(
  services: Services,
  type: 'userCreated' | 'userChanged' | 'userDisabled' | 'userEnabled' | 'userDeleted',
  user: User,
  by: string,
  origin: Origin,
): void {
  services.tell({ type, by, at: services.clock.now(), origin, userId: user.id, username: user.username });
}

/** Somebody who has never been in was let in: a registration that waited for this. */
function tellApproved(services: Services, { id: userId, username }: User, origin: Origin): void {
  services.tell({ type: 'approved', at: services.clock.now(), origin, userId, username });
}
