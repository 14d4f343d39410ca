import type { UserChange } from '../../auth/edit-user.js';
import type { Registration } from '../../auth/register.js';
import { Refusal, type Problem } from '../../errors.js';
import type { Services } from '../../auth/services.js';
import type { User } from '../../stores/contract.js';
import { entityFields, grantedRoles } from './entity.js';

/** A field as it was sent: its items, each with the properties it may have. */
export type Submitted = Map<string, Item[]>;
type Item = Record<string, unknown>;

/** What an item of a field may say; the first is what a bare value stands for. */
const properties: Record<string, readonly string[]> = {
  ...Object.fromEntries(Object.keys(entityFields).map((name) => [name, ['value']])),
  pass: ['value', 'existing', 'pre_hashed'],
  created: ['value', 'format'],
  changed: ['value', 'format'],
  access: ['value', 'format'],
  login: ['value', 'format'],
  roles: ['target_id', 'target_type', 'target_uuid', 'url'],
};

/**
 * Fields come as `{"value":"x"}`, `[{"value":"x"}]` or `["x"]`.
 * @throws Refusal('invalid-input') for fields and properties nobody knows, and for bare scalars
 */
export function readFields(body: Record<string, unknown>): Submitted {
  return new Map(Object.entries(body).map(([name, value]) => [name, readItems(name, value)]));
}

function readItems(name: string, value: unknown): Item[] {
  if (!Object.hasOwn(properties, name)) throw unprocessable(`Field ${name} is unknown.`);
  if (typeof value !== 'object' || value === null)
    throw unprocessable(`Field values for "${name}" must use an array structure`);
  if (Array.isArray(value)) return value.map((item) => readItem(name, item));
  return Object.keys(value).length ? [readItem(name, value)] : [];
}

function readItem(name: string, value: unknown): Item {
  const known = properties[name]!;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [known[0]!]: value };
  const unknown = Object.keys(value).find((property) => !known.includes(property));
  if (unknown !== undefined) throw unprocessable(`Property ${unknown} is unknown.`);
  return value as Item;
}

function unprocessable(message: string): Refusal {
  return new Refusal('invalid-input', { message });
}

/** Where a wire's field is in the domain. */
const texts = { name: 'username', mail: 'email', timezone: 'timezone', preferred_langcode: 'language' } as const;
type TextField = keyof typeof texts;
const isText = (name: string): name is TextField => Object.hasOwn(texts, name);

/** The one text of a field: '' where there is none, undefined with a problem where it is none. */
function readText(
  items: Item[] | undefined,
  field: string,
  problems: Problem[],
  property = 'value',
): string | undefined {
  if (items && items.length > 1) return void problems.push({ field, code: 'too-many-values' });
  const value = items?.[0]?.[property] ?? '';
  if (typeof value === 'string') return value;
  return void problems.push({ field, code: 'string' });
}

/** What was sent to become a user (contract, section 4). @throws Refusal('field-denied') */
export function toRegistration(submitted: Submitted): Registration {
  refuseDenied(submitted, 'creating', [...Object.keys(texts), 'pass', 'langcode']);
  const problems: Problem[] = [];
  const text = (name: string, field: string): string => readText(submitted.get(name), field, problems) ?? '';
  const username = text('name', 'username');
  const password = text('pass', 'password') || undefined;
  const email = text('mail', 'email');
  const language = text('preferred_langcode', 'language') || text('langcode', 'language');
  return { username, password, email, profile: { language, timezone: text('timezone', 'timezone') }, problems };
}

/** Something is there to be a password. */
export function hasPassword(submitted: Submitted): boolean {
  return Boolean(submitted.get('pass')?.some(({ value }) => value !== undefined && value !== null && value !== ''));
}

/** In the order in which they were sent; a hash of somebody's own making last. */
function refuseDenied(submitted: Submitted, action: string, allowed: readonly string[]): void {
  const denied = [...submitted.keys()].find((name) => !allowed.includes(name));
  const hashed = submitted.get('pass')?.some((item) => Object.hasOwn(item, 'pre_hashed')) ? 'pass' : undefined;
  const field = denied ?? hashed;
  if (field !== undefined) throw new Refusal('field-denied', { field, action });
}

/** Drupal sets it anew at every change, whatever is sent. */
const ignored = 'changed';

/**
 * What is to be another in a user's record. Clients send back the whole entity they got, so values equal to the stored
 * ones are no change, also of fields nobody may set (contract, section 4). @throws Refusal('field-denied')
 */
export function toChange(submitted: Submitted, user: User, services: Services): UserChange {
  const changed = new Map([...submitted].filter(([name, items]) => !isStored(name, items, user, services)));
  refuseDenied(changed, 'updating', [...Object.keys(texts), 'pass', 'roles', 'status']);
  const problems: Problem[] = [];
  const change: UserChange = {};
  for (const [name, items] of changed) Object.assign(change, read(name, items, problems));
  return problems.length ? { ...change, problems } : change;
}

function read(name: string, items: Item[], problems: Problem[]): UserChange {
  if (isText(name)) return { [texts[name]]: readText(items, texts[name], problems) ?? '' };
  return readers[name]!(items, problems);
}

const readers: Record<string, (items: Item[], problems: Problem[]) => UserChange> = {
  pass(items, problems) {
    const password = readText(items, 'password', problems);
    const proof = items[0]?.['existing'];
    return {
      ...(password ? { password } : {}),
      ...(typeof proof === 'string' ? { currentPassword: proof } : {}),
    };
  },
  status(items, problems) {
    const state = flags.get(items[0]?.['value']);
    if (state === undefined) problems.push({ field: 'disabled', code: 'boolean' });
    return { disabled: state === false };
  },
  roles(items, problems) {
    const roles = items.map((item) => item['target_id']);
    if (!roles.every((role) => typeof role === 'string')) problems.push({ field: 'groups', code: 'string' });
    const named = [...new Set(roles.map(String))].filter((role) => role !== 'authenticated');
    return { groups: named.filter((role) => role !== 'administrator'), admin: named.includes('administrator') };
  },
};

const flags = new Map<unknown, boolean>([
  [true, true],
  ['1', true],
  [false, false],
  ['0', false],
]);

function isStored(name: string, items: Item[], user: User, { settings }: Services): boolean {
  if (name === ignored) return true;
  if (name === 'roles') return sameRoles(items, user);
  if (name === 'pass') return false;
  const stored = entityFields[name]!.items(user, settings);
  return (
    items.length === stored.length &&
    items.every((item, index) => plain(item['value']) === plain(stored[index]!['value']))
  );
}

function plain(value: unknown): string {
  return typeof value === 'boolean' ? String(Number(value)) : JSON.stringify(value ?? '').replaceAll('"', '');
}

/** The role that everybody has says nothing; whoever sends only that one means no other (contract, section 4). */
function sameRoles(items: Item[], user: User): boolean {
  const all = items.map((item) => item['target_id']);
  const sent = new Set(all.filter((role) => role !== 'authenticated'));
  if (all.length > 0 && sent.size === 0) return true;
  const stored = grantedRoles(user);
  return sent.size === stored.length && stored.every((role) => sent.has(role));
}
