import { standingOf, type Standing } from '../../auth/permissions.js';
import type { Services } from '../../auth/services.js';
import type { Settings } from '../../config/settings.js';
import type { User } from '../../stores/contract.js';

type Item = Record<string, unknown>;

interface Field {
  /** who sees it; an owner and an administrator see what is before them in this order */
  sees: Standing;
  items: (user: User, settings: Settings) => Item[];
}

const one = (value: unknown): Item[] => [{ value }];

/** Drupal's user entity: each field is a list of items. Nobody sees `pass` (contract, section 4). */
export const entityFields: Record<string, Field> = {
  uid: { sees: 'other', items: ({ id }) => one(id) },
  uuid: { sees: 'other', items: ({ uuid }) => one(uuid) },
  langcode: { sees: 'other', items: (user, settings) => one(languageOf(user, settings)) },
  preferred_langcode: { sees: 'owner', items: (user, settings) => one(languageOf(user, settings)) },
  name: { sees: 'other', items: ({ username }) => one(username) },
  mail: { sees: 'owner', items: ({ email }) => one(email) },
  timezone: { sees: 'owner', items: ({ timezone }) => one(timezone) },
  status: { sees: 'administrator', items: ({ disabled, verified }) => one(!disabled && verified) },
  created: { sees: 'other', items: ({ crdate }) => moment(crdate) },
  changed: { sees: 'other', items: ({ tstamp }) => moment(tstamp) },
  access: { sees: 'administrator', items: ({ lastSeen }) => moment(lastSeen / 1000) },
  login: { sees: 'administrator', items: ({ lastLogin }) => moment(lastLogin / 1000) },
  init: { sees: 'administrator', items: ({ email }) => one(email) },
  roles: { sees: 'administrator', items: (user) => grantedRoles(user).map(roleItem) },
  default_langcode: { sees: 'other', items: () => one(true) },
};

const order: Standing[] = ['other', 'owner', 'administrator'];

/** The record as far as the viewer may see it. */
export function entityOf(user: User, viewer: User | undefined, { settings }: Services): Record<string, Item[]> {
  const rank = order.indexOf(standingOf(viewer, user, settings));
  const visible = Object.entries(entityFields).filter(([, { sees }]) => order.indexOf(sees) <= rank);
  return Object.fromEntries(visible.map(([name, { items }]) => [name, items(user, settings)]));
}

function languageOf({ language }: User, { mail }: Settings): string {
  return language || mail.language;
}

function moment(seconds: number): Item[] {
  const value = new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', '+00:00');
  return [{ value, format: 'Y-m-d\\TH:i:sP' }];
}

function roleItem(role: string): Item {
  return { target_id: role, target_type: 'user_role' };
}

/** Roles that everybody has or that come from elsewhere than groups: a group of that name gives none of them. */
const reserved: ReadonlySet<string> = new Set(['anonymous', 'authenticated', 'administrator']);

/** Without the one that everybody has. */
export function grantedRoles({ groups, admin }: Pick<User, 'groups' | 'admin'>): string[] {
  const own = groups.map(({ name }) => name).filter((name) => !reserved.has(name));
  return admin ? [...own, 'administrator'] : own;
}

export function rolesOf(user: User): string[] {
  return ['authenticated', ...grantedRoles(user)];
}
