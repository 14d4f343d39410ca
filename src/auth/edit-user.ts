import { Refusal, type Problem, type Reason } from '../errors.js';
import type { Session, Stores, User } from '../stores/contract.js';
import { localeProblems } from './locale.js';
import { passwordProblems } from './password-rules.js';
import { may, notPermitted, standingOf, type Standing } from './permissions.js';
import type { FloodLimits } from './policy.js';
import { emailProblems, usernameProblems, type RegistrationRules } from './register.js';
import { refuseProblems, refusingTaken } from './taken.js';
import type { Services, Visitor } from './services.js';

/** What is to be another in a user's record; what is absent stays. */
export interface UserChange {
  username?: string;
  email?: string;
  password?: string;
  /** proves that the owner is at the keyboard (ASVS 6.2.3, 7.5.1) */
  currentPassword?: string;
  timezone?: string;
  language?: string;
  disabled?: boolean;
  groups?: string[];
  admin?: boolean;
  /** what the form itself got wrong; nothing more is said about these fields */
  problems?: Problem[];
}

export interface EditRules {
  nameProblems: RegistrationRules['nameProblems'];
  /** limits of wrong current passwords, shared with logins */
  flood?: FloodLimits | undefined;
}

/** Who changes whose record. */
export interface Edit {
  viewer: User;
  /** the session they act in: it may have begun with a one-time link, and it outlives a new password */
  session?: Session | undefined;
  user: User;
  change: UserChange;
  visitor: Visitor;
}

export interface Edited {
  user: User;
  passwordChanged: boolean;
}

/** @throws Refusal 'not-permitted' */
export function refuseViewing(viewer: User | undefined, user: User, { settings }: Services): void {
  const permission = 'access user profiles';
  const visible = !user.disabled && may(viewer, permission, settings);
  if (standingOf(viewer, user, settings) === 'other' && !visible) throw notPermitted(viewer, permission);
}

/** @throws Refusal 'not-owner' */
export function refuseEditing(viewer: User | undefined, user: User, { settings }: Services): asserts viewer is User {
  if (standingOf(viewer, user, settings) !== 'other') return;
  throw new Refusal('not-owner', { permission: 'administer users', anonymous: viewer === undefined });
}

/** @throws Refusal 'not-permitted' */
export function refuseDeleting(viewer: User | undefined, user: User, { settings }: Services): asserts viewer is User {
  const permission = 'cancel account';
  const standing = standingOf(viewer, user, settings);
  if (standing === 'administrator') return;
  if (standing === 'other' || !may(viewer, permission, settings)) throw notPermitted(viewer, permission);
}

/**
 * Changes a user's record as far as the viewer may. A new password ends the user's other sessions and all links, a new
 * address all links, a switched-off user's sessions end at once (ASVS 7.4.2, 7.4.3).
 * @throws Refusal 'field-denied' | 'invalid-input' with every problem at once | 'flooded-address' | 'flooded-user'
 */
export async function editUser(services: Services, edit: Edit, rules: EditRules): Promise<Edited> {
  const { viewer, user, change } = edit;
  const standing = standingOf(viewer, user, services.settings);
  refuseDenied(services, standing, viewer, change);
  refuseProblems([...(await problemsOf(services, edit, rules)), ...(await identityProblems(services, edit, rules))]);
  const passwordHash = change.password === undefined ? undefined : await services.passwords.hash(change.password);
  const edited = await store(services, edit, passwordHash);
  tellChanges(services, edit, edited);
  return { user: edited, passwordChanged: passwordHash !== undefined };
}

type Field = Exclude<keyof UserChange, 'currentPassword' | 'problems'>;

const fieldsOf: Record<Standing, readonly Field[]> = {
  other: [],
  owner: ['email', 'password', 'timezone', 'language'],
  administrator: ['username', 'email', 'password', 'timezone', 'language', 'disabled'],
};

function refuseDenied({ settings }: Services, standing: Standing, viewer: User, change: UserChange): void {
  const allowed = new Set<string>([...fieldsOf[standing], 'currentPassword', 'problems']);
  if (may(viewer, 'change own username', settings)) allowed.add('username');
  // groups carry permissions: only who has all of them may hand them out
  if (viewer.admin) allowed.add('groups').add('admin');
  const denied = Object.keys(change).find((field) => !allowed.has(field));
  if (denied) throw new Refusal('field-denied', { field: denied });
}

async function problemsOf(services: Services, { user, change }: Edit, rules: EditRules): Promise<Problem[]> {
  const { username, email, password, groups, problems = [] } = change;
  const settled = new Set(problems.map(({ field }) => field));
  const wants = (field: Field): boolean => change[field] !== undefined && !settled.has(field);
  const owner = { ...user, ...(username === undefined ? {} : { username }), ...(email === undefined ? {} : { email }) };
  return [
    ...problems,
    ...(wants('username') ? await usernameProblems(services, username!, rules.nameProblems, user.id) : []),
    ...(wants('email') ? await emailProblems(services, email!, user.id) : []),
    ...(wants('password') ? passwordProblems(password!, services.settings.password, owner) : []),
    ...localeProblems(change),
    ...(wants('groups') ? await groupProblems(services, groups!) : []),
  ];
}

/** Groups somebody is in, or that the configuration gives permissions to. */
async function groupProblems({ stores, settings }: Services, groups: string[]): Promise<Problem[]> {
  const known = new Set([...(await stores.users.groups()).map(({ name }) => name), ...Object.keys(settings.roles)]);
  return groups
    .filter((name) => !known.has(name))
    .map((value) => ({ field: 'groups', code: 'choice', values: { value } }));
}

/** Address and password are what an account hangs on: owners prove that it is them, whoever else holds the session. */
async function identityProblems(services: Services, edit: Edit, rules: EditRules): Promise<Problem[]> {
  const { viewer, user, session, change } = edit;
  if (viewer.id !== user.id) return [];
  const cameByLink = session?.data['passwordFree'] === true;
  const guarded = (['email', 'password'] as const)
    .filter((field) => change[field] !== undefined)
    .filter((field) => !(field === 'password' && cameByLink));
  if (guarded.length === 0 || (await provesIdentity(services, edit, rules))) return [];
  return guarded.map((field) => ({ field, code: 'wrong' }));
}

async function provesIdentity(services: Services, { user, change, visitor }: Edit, rules: EditRules): Promise<boolean> {
  const { currentPassword } = change;
  if (currentPassword === undefined) return false;
  const { username } = user;
  const refuse = (reason: Reason, detail = {}): Refusal => {
    tellFailure(services, user, reason, visitor);
    return new Refusal(reason, detail);
  };
  const gate =
    rules.flood && (await services.flood.enter({ name: 'login', username, visitor, limits: rules.flood, refuse }));
  try {
    const right = await services.passwords.verify(currentPassword, user.passwordHash || undefined, visitor.signal);
    if (right) await gate?.succeed();
    else {
      gate?.fail();
      tellFailure(services, user, 'wrong-password', visitor);
    }
    return right;
  } catch (error) {
    await gate?.leave();
    throw error;
  }
}

function tellFailure(services: Services, { id: userId, username }: User, reason: Reason, origin: Visitor): void {
  services.verified.forget(origin);
  const at = services.clock.now();
  services.tell({ type: 'loginFailed', at, origin, userId, username, reason, factor: 're-authentication' });
}

async function store(services: Services, edit: Edit, passwordHash?: string): Promise<User> {
  const { user, session, change } = edit;
  const { password: _typed, currentPassword: _proof, problems: _none, ...fields } = change;
  const at = services.clock.now();
  const changed = await refusingTaken(change, () =>
    services.stores.atomically(async (stores) => {
      if (passwordHash !== undefined) await refuseOutdatedProof(stores, edit, passwordHash);
      if (passwordHash !== undefined) await stores.sessions.deleteOfUser(user.id, session?.key);
      if (change.disabled) await stores.sessions.deleteOfUser(user.id);
      if (passwordHash !== undefined || change.email !== undefined) await stores.links.endOfUser(user.id);
      const credentials = passwordHash === undefined ? {} : { passwordHash, passwordChangedAt: at };
      return stores.users.update(user.id, { ...fields, ...credentials });
    }),
  );
  if (!changed) throw new Refusal('not-found');
  return changed;
}

/** Of two changes at once the second no longer knows the current password. */
async function refuseOutdatedProof(stores: Stores, { viewer, user }: Edit, passwordHash: string): Promise<void> {
  if (viewer.id !== user.id || (await stores.users.replaceHash(user.id, user.passwordHash, passwordHash))) return;
  refuseProblems([{ field: 'password', code: 'wrong' }]);
}

function tellChanges({ clock, tell }: Services, { viewer, user, change, visitor }: Edit, edited: User): void {
  const told = { at: clock.now(), origin: visitor, userId: edited.id, username: edited.username };
  const own = viewer.id === user.id;
  if (change.password !== undefined) tell({ type: 'passwordChanged', by: own ? 'change' : 'administrator', ...told });
  if (change.email !== undefined) tell({ type: 'emailChanged', from: user.email, to: edited.email, ...told });
  if (change.disabled !== undefined)
    tell({ type: change.disabled ? 'userDisabled' : 'userEnabled', by: viewer.username, ...told });
  else if (!own) tell({ type: 'userChanged', by: viewer.username, ...told });
}
