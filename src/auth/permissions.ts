import type { Settings } from '../config/settings.js';
import { Refusal } from '../errors.js';
import type { User } from '../stores/contract.js';

/** What somebody may do: what `roles` gives to their groups and to everybody like them. An administrator may everything. */
export function may(user: User | undefined, permission: string, { roles }: Settings): boolean {
  if (user?.admin) return true;
  const held = user ? ['authenticated', ...user.groups.map(({ name }) => name)] : ['anonymous'];
  return held.some((role) => Object.hasOwn(roles, role) && roles[role]!.includes(permission));
}

/** How somebody stands to a user's record. */
export type Standing = 'administrator' | 'owner' | 'other';

export function standingOf(viewer: User | undefined, user: User, settings: Settings): Standing {
  if (viewer && mayAdminister(viewer, user, settings)) return 'administrator';
  return viewer?.id === user.id ? 'owner' : 'other';
}

/** Whoever may administer users without being an administrator has no power over those who are. */
function mayAdminister(viewer: User, user: User, settings: Settings): boolean {
  return viewer.admin || (may(viewer, 'administer users', settings) && !user.admin);
}

/** `anonymous` tells the dialect that a login could help. */
export function notPermitted(viewer: User | undefined, permission: string): Refusal {
  return new Refusal('not-permitted', { permission, anonymous: viewer === undefined });
}
