import { Refusal, type Problem } from '../errors.js';
import { isAddress, parseMailbox } from '../lib/address.js';
import { Taken, type NewUser, type Stores, type User } from '../stores/contract.js';
import { localeProblems } from './locale.js';
import { passwordProblems } from './password-rules.js';
import type { Services, Visitor } from './services.js';

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
export interface RegistrationRules {
  nameProblems: (username: string) => Problem[];
  /** the new user waits for an administrator, who is told by mail */
  approval: boolean;
  /** mails the link that proves the address, within the step that stores the user; absent = the address is believed */
  invite?: (services: Services, user: User, stores: Stores) => Promise<void>;
}

export interface Registered {
  user: User;
  approvalNeeded: boolean;
  verificationNeeded: boolean;
}

/**
 * Makes a user of a visitor. Whether a name is free only the store can tell for sure: of any number of parallel
 * registrations of one name exactly one is stored. User and mails are stored in one step.
 * @throws Refusal 'invalid-input' with every problem at once | 'overloaded'
 */
export async function register(
  services: Services,
  request: Registration,
  visitor: Visitor,
  rules: RegistrationRules,
): Promise<Registered> {
  refuseProblems(await registrationProblems(services, request, rules));
  const { username, email, password, profile } = request;
  const approvalNeeded = rules.approval;
  const verificationNeeded = rules.invite !== undefined;
  const passwordHash = password === undefined ? '' : await services.passwords.hash(password);
  const state = { disabled: approvalNeeded, verified: !verificationNeeded };
  const user = await refusingTaken({ username, email }, () =>
    services.stores.atomically(async (stores) => {
      const stored = await stores.users.insert({ ...profile, username, email, passwordHash, ...state });
      if (approvalNeeded) await askForApproval(services, stored, stores);
      else await rules.invite?.(services, stored, stores);
      return stored;
    }),
  );
  services.mailer.wake();
  const told = { at: services.clock.now(), origin: visitor, userId: user.id, username };
  services.tell({ type: 'registered', approvalNeeded, verificationNeeded, ...told });
  return { user, approvalNeeded, verificationNeeded };
}

async function registrationProblems(
  services: Services,
  { username, email, password, profile = {}, problems = [] }: Registration,
  { nameProblems }: RegistrationRules,
): Promise<Problem[]> {
  const settled = new Set(problems.map(({ field }) => field));
  const found = [
    ...(settled.has('username') ? [] : await usernameProblems(services, username, nameProblems)),
    ...(settled.has('email') ? [] : await emailProblems(services, email)),
    ...(password === undefined || settled.has('password')
      ? []
      : passwordProblems(password, services.settings.password, { username, email })),
    ...localeProblems(profile),
  ];
  return [...problems, ...found];
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
  const holder = await stores.users.findByUsername(username);
  return holder && holder.id !== userId ? [taken('username', username)] : [];
}

export async function emailProblems({ stores }: Services, email: string, userId?: number): Promise<Problem[]> {
  if (email === '') return [{ field: 'email', code: 'required' }];
  if (!isAddress(email)) return [{ field: 'email', code: 'email' }];
  const holder = await stores.users.findByEmail(email);
  return holder && holder.id !== userId ? [taken('email', email)] : [];
}

/** Turns what only the store knows for sure, that a name was taken in between, into a refusal by field. */
export async function refusingTaken<T>(
  names: Partial<Record<'username' | 'email', string>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Taken) refuseProblems([taken(error.field, names[error.field] ?? '')]);
    throw error;
  }
}

function taken(field: 'username' | 'email', value: string): Problem {
  return { field, code: 'taken', values: { value } };
}

export function refuseProblems(problems: Problem[]): void {
  if (problems.length) throw new Refusal('invalid-input', { problems });
}

async function askForApproval({ mailer, settings }: Services, { username, email }: User, stores: Stores) {
  const to = parseMailbox(settings.mail.siteAddress)?.address ?? '';
  await mailer.post({ template: 'register-approval', to, values: { username, email } }, stores);
}
