import type { Problem } from '../errors.js';
import { isAddress } from '../lib/address.js';
import type { NewUser, User } from '../stores/contract.js';
import { localeProblems } from './locale.js';
import { passwordProblems } from './password-rules.js';
import { concealRegistration } from './register-concealed.js';
import type { Services, Visitor } from './services.js';
import { storeRegistration, type Registered, type StoringRules } from './store-registration.js';
import { refuseProblems, taken } from './taken.js';
import { releaseUnproven } from './unproven.js';

export type { Registered };

/** What somebody typed who wants an account. */
export interface Registration {
  username: string;
  email: string;
  /** absent where the address is proven first and the password set afterwards */
  password?: string | undefined;
  profile?: Partial<
    Omit<NewUser, 'username' | 'email' | 'passwordHash' | 'admin' | 'disabled' | 'verified' | 'groups'>
  >;
  /** what the form itself got wrong; nothing more is said about these fields */
  problems?: Problem[];
}

/** In which registrations honestly differ. */
export interface RegistrationRules extends StoringRules {
  nameProblems: (username: string) => Problem[];
  /** whether a name is taken is told by mail only */
  conceals?: boolean;
}

/**
 * Makes a user of a visitor; undefined where that is concealed.
 * @throws Refusal 'invalid-input' with every problem at once | 'overloaded'
 */
export async function register(
  services: Services,
  request: Registration,
  visitor: Visitor,
  rules: RegistrationRules,
): Promise<Registered | undefined> {
  const { username, email, password, profile } = request;
  if (rules.provesFirst && !rules.conceals) await releaseUnproven(services, request);
  refuseProblems(await registrationProblems(services, request, rules));
  const passwordHash = password === undefined ? '' : await services.passwords.hash(password);
  const draft = { username, email, profile, passwordHash };
  if (!rules.conceals) return storeRegistration(services, draft, visitor, rules);
  await concealRegistration(services, draft, visitor);
  return undefined;
}

async function registrationProblems(
  services: Services,
  { username, email, password, profile = {}, problems = [] }: Registration,
  { nameProblems, conceals }: RegistrationRules,
): Promise<Problem[]> {
  const ofName = conceals ? nameProblems(username) : usernameProblems(services, username, nameProblems);
  const ofEmail = conceals ? addressProblems(email) : emailProblems(services, email);
  const ofPassword =
    password === undefined ? [] : passwordProblems(password, services.settings.password, { username, email });
  const settled = new Set(problems.map(({ field }) => field));
  const found = [...(await ofName), ...(await ofEmail), ...ofPassword, ...localeProblems(profile)];
  return [...problems, ...found.filter(({ field }) => !settled.has(field))];
}

/** The rules of names, and whether it is free for everybody but `userId`. */
export async function usernameProblems(
  { stores }: Services,
  username: string,
  nameProblems: RegistrationRules['nameProblems'],
  userId?: number,
): Promise<Problem[]> {
  const problems = nameProblems(username);
  if (problems.length) return problems;
  const holder = (await stores.users.findByUsername(username)) ?? (await holderOfAddress(stores, username));
  return holder && holder.id !== userId ? [taken('username', username)] : [];
}

export async function emailProblems({ stores }: Services, email: string, userId?: number): Promise<Problem[]> {
  const problems = addressProblems(email);
  if (problems.length) return problems;
  const holders = [await stores.users.findByEmail(email), await stores.users.findByUsername(email)];
  return holders.some((holder) => holder && holder.id !== userId) ? [taken('email', email)] : [];
}

/** A name that is somebody else's address would catch their logins: a user name wins over an address. */
async function holderOfAddress({ users }: Services['stores'], username: string): Promise<User | undefined> {
  return username.includes('@') ? users.findByEmail(username) : undefined;
}

function addressProblems(email: string): Problem[] {
  if (email === '') return [{ field: 'email', code: 'required' }];
  return isAddress(email) ? [] : [{ field: 'email', code: 'email' }];
}
