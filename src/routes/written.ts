import type { Mistake, Place } from '../errors.js';
import { pointerParts, pointerText } from '../lib/pointer.js';
import type { YamlDocument } from '../lib/yaml.js';

/** An entry as it stands in a file, before anything of it was judged. */
export interface Written {
  name: string;
  /** our words; a Symfony entry has been translated */
  keys: Record<string, unknown>;
  symfony: boolean;
  /** how a path of the imported file is changed */
  prefix: string;
  file: string;
  place(pointer: string, what?: 'key' | 'value'): Place;
  /** the key as people read it */
  keyOf(pointer: string): string;
}

/** The words of the file for ours: `handler` → `controller`. The longest that fits counts. */
export type Renames = Record<string, string>;

/** `base` is the entry's pointer in the document. */
export function createWritten(
  document: YamlDocument,
  base: string,
  file: string,
  entry: { name: string; keys: Record<string, unknown>; symfony: boolean; renames: Renames },
): Written {
  const inFile = (pointer: string): string => renamed(pointer.replace(/^\//, ''), entry.renames);
  return {
    name: entry.name,
    keys: entry.keys,
    symfony: entry.symfony,
    prefix: '',
    file,
    place: (pointer, what) =>
      document.place(base + (pointer === '' ? '' : `/${inFile(pointer)}`), pointer === '' ? 'key' : what),
    keyOf: (pointer) => (pointer === '' ? entry.name : `${entry.name}${pointerText(`/-/${inFile(pointer)}`).slice(1)}`),
  };
}

function renamed(pointer: string, renames: Renames): string {
  for (const [ours, theirs] of Object.entries(renames)) {
    if (pointer === ours || pointer.startsWith(`${ours}/`)) return theirs + pointer.slice(ours.length);
  }
  return pointer;
}

/** A mistake in an entry: at one of its keys, as the file calls it. */
export function mistakeAt(written: Written, pointer: string, message: string, what?: 'key' | 'value'): Mistake {
  return { place: written.place(pointer, what), key: written.keyOf(pointer), message };
}

/** What an import says counts for each of its entries that says nothing itself; places lead to where it was said. */
export function withDefaults(written: Written, from: Written): Written {
  const merged: Record<string, unknown> = { ...from.keys };
  for (const [key, value] of Object.entries(written.keys)) {
    merged[key] =
      isMapping(value) && isMapping(from.keys[key]) && mergedKeys.has(key) ? { ...from.keys[key], ...value } : value;
  }
  const owner = (pointer: string): Written =>
    isWrittenIn(written, pointer) || !isWrittenIn(from, pointer) ? written : from;
  return {
    ...written,
    keys: merged,
    place: (pointer, what) => owner(pointer).place(pointer, what),
    keyOf: (pointer) => written.keyOf(pointer),
  };
}

/** Maps of names: the import's and the entry's are put together. */
const mergedKeys = new Set(['requirements', 'defaults']);

function isWrittenIn({ keys }: Written, pointer: string): boolean {
  let value: unknown = keys;
  for (const part of pointerParts(pointer.startsWith('/') ? pointer : `/${pointer}`)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string, unknown>)[part];
  }
  return true;
}

/** A key's text; '' when it is absent or something else. */
export function textAt(keys: Record<string, unknown>, key: string): string {
  const value = keys[key];
  return typeof value === 'string' ? value : '';
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
