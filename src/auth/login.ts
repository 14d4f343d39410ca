import { Refusal, type Reason } from '../errors.js';
import type { Answer } from '../lib/answer.js';
import type { User } from '../stores/contract.js';
import { openGate, type FloodGate } from './flood.js';
import { isLockedFor, noteUnknownName, noteWrongPassword } from './lockout.js';
import type { LoginPolicy } from './policy.js';
import type { Services, Visitor } from './services.js';
import { isLive } from './session.js';

export interface Credentials {
  username: string;
  password: string;
}

/**
 * Decides whether these credentials let somebody in. Top to bottom: flood, block, password, lock. Exactly one password
 * verification on every path that reaches it, whether or not there is such a user, so that time tells nothing (ASVS 6.3.8).
 * @throws Refusal 'flooded-address' | 'flooded-user' | 'blocked' | 'unknown-user' | 'wrong-password' | 'locked' | 'overloaded'
 */
export async function logIn(
  services: Services,
  { username, password }: Credentials,
  visitor: Visitor,
  policy: LoginPolicy,
  factor: 'password' | 'basic' = 'password',
): Promise<User> {
  let user = await findUser(services, username, policy);
  const no = (reason: Reason, detail = {}): Refusal => {
    const origin = { at: services.clock.now(), origin: visitor };
    services.tell({
      type: 'loginFailed',
      username: username.slice(0, 200),
      userId: user?.id,
      reason,
      factor,
      ...origin,
    });
    services.verified.forget(visitor);
    return new Refusal(reason, detail);
  };
  const gate = await enterFlood(services, username, visitor, policy, no);
  if (policy.admitsBlockFirst && user && !isLive(user, services.clock.now())) {
    await gate.leave();
    throw no('blocked');
  }
  const right = await verify(services, password, user, visitor, gate);
  user = user && (await unchanged(services, user));
  if (!user || !isLive(user, services.clock.now())) return refuseUnknown(services, username, policy, gate, no);
  if (!right) return refuseWrong(services, user, visitor, policy, gate, no);
  if (policy.lockout && (await isLockedFor(services, user, visitor))) throw no('locked');
  await gate.succeed();
  await rehash(services, user, password);
  return user;
}

/** Refusals that make of a caller just anybody. */
const asNobody: ReadonlySet<Reason> = new Set<Reason>(['unknown-user', 'wrong-password', 'blocked', 'locked']);

/**
 * Who the credentials belong to that a client sends with every request; undefined when they are wrong or unreadable.
 * @param evidence the credentials as they were sent; `read` makes name and password of them
 * @throws Refusal 'flooded-address' | 'flooded-user' | 'overloaded'
 */
export function recognise(
  services: Services,
  { evidence, read }: { evidence: string; read: (evidence: string) => Credentials | undefined },
  visitor: Visitor,
  policy: LoginPolicy,
): Answer<User | undefined> {
  const rules = `${policy.byEmail} ${policy.lockout}`;
  return services.verified.recognise({ evidence, visitor, rules }, async () => {
    const credentials = read(evidence);
    return credentials && logInOrNobody(services, credentials, visitor, policy);
  });
}

async function logInOrNobody(
  services: Services,
  credentials: Credentials,
  visitor: Visitor,
  policy: LoginPolicy,
): Promise<User | undefined> {
  try {
    const user = await logIn(services, credentials, visitor, policy, 'basic');
    tellLogin(services, user, visitor, 'basic');
    return user;
  } catch (error) {
    if (error instanceof Refusal && asNobody.has(error.reason)) return undefined;
    throw error;
  }
}

/** The event of a login, told once its session is stored. */
export function tellLogin(
  services: Services,
  user: User,
  visitor: Visitor,
  factor: 'password' | 'magic-link' | 'one-time-account' | 'one-time-link' | 'basic',
): void {
  const at = services.clock.now();
  services.tell({ type: 'login', factor, at, origin: visitor, userId: user.id, username: user.username });
}

/**
 * The record as it is now: the verification waited its turn in the queue, and meanwhile others' wrong passwords may have
 * locked the account, its owner changed the password, or an administrator switched it off.
 */
async function unchanged({ stores }: Services, verified: User): Promise<User | undefined> {
  const user = await stores.users.findById(verified.id);
  return user?.passwordChangedAt === verified.passwordChangedAt ? user : undefined;
}

type No = (reason: Reason, detail?: object) => Refusal;

async function enterFlood(
  { flood }: Services,
  username: string,
  visitor: Visitor,
  policy: LoginPolicy,
  refuse: No,
): Promise<FloodGate> {
  if (!policy.flood) return openGate;
  return flood.enter({ name: 'login', username, visitor, limits: policy.flood, refuse });
}

/** A user name wins over an address (contract ext-login, section 2.1). */
async function findUser(services: Services, username: string, policy: LoginPolicy): Promise<User | undefined> {
  const byName = await services.stores.users.findByUsername(username);
  if (byName || !policy.byEmail || !username.includes('@')) return byName;
  return services.stores.users.findByEmail(username);
}

/** What never reached a verdict (full queue, client gone, dead store) counts nothing. */
async function verify(
  services: Services,
  password: string,
  user: User | undefined,
  visitor: Visitor,
  gate: FloodGate,
): Promise<boolean> {
  try {
    return await services.passwords.verify(password, user?.passwordHash || undefined, visitor.signal);
  } catch (error) {
    await gate.leave();
    throw error;
  }
}

async function refuseUnknown(
  services: Services,
  username: string,
  policy: LoginPolicy,
  gate: FloodGate,
  no: No,
): Promise<never> {
  if (policy.lockout) await noteUnknownName(services, username);
  gate.fail();
  throw no('unknown-user');
}

async function refuseWrong(
  services: Services,
  user: User,
  visitor: Visitor,
  policy: LoginPolicy,
  gate: FloodGate,
  no: No,
): Promise<never> {
  if (policy.lockout) await noteWrongPassword(services, user, visitor);
  gate.fail();
  throw no('wrong-password');
}

/** Raises a stored hash to the configured cost while the password is at hand; a change made meanwhile wins. */
async function rehash(services: Services, user: User, password: string): Promise<void> {
  if (!services.passwords.needsRehash(user.passwordHash)) return;
  try {
    await services.stores.users.replaceHash(user.id, user.passwordHash, await services.passwords.hash(password));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}
