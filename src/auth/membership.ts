import type { Settings } from '../config/settings.js';
import type { User } from '../stores/contract.js';

/** The user is in one of these groups, by id or name. */
export function inGroup(user: User, groups: readonly string[]): boolean {
  return user.groups.some(({ id, name }) => groups.includes(String(id)) || groups.includes(name));
}

/**
 * The user is one of the administrators configured under an extension's name (`tx_demo`), which EXT:routes' `VerifyGroup`
 * and `VerifyUser` take as their last parameter (contract routes-yaml, section 2).
 */
export function administersExtension(user: User, { routes }: Settings, extension: string | undefined): boolean {
  const administrators = extension === undefined ? undefined : routes.extensions[extension];
  if (!administrators) return false;
  const { adminUsers, adminGroups } = administrators;
  return adminUsers.includes(String(user.id)) || adminUsers.includes(user.username) || inGroup(user, adminGroups);
}

/** `tx_demo` as the last parameter names an extension, not a group. */
export function splitExtension(parameters: string[]): { own: string[]; extension: string | undefined } {
  const last = parameters.at(-1);
  if (!last?.startsWith('tx_')) return { own: parameters, extension: undefined };
  return { own: parameters.slice(0, -1), extension: last };
}
