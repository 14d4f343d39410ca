import type { Place } from '../errors.js';
import { pointerTo } from '../lib/pointer.js';
import type { YamlDocument } from '../lib/yaml.js';
import type { Unfit } from './check.js';
import { leaves } from './schema.js';
import { hasVariables, substitute } from './substitute.js';

/** One file of settings. */
export type Written = Pick<YamlDocument, 'value' | 'place'>;

export interface Merged {
  value: Record<string, unknown>;
  /** in the file that spoke last about it */
  place: (pointer: string, what?: 'key' | 'value') => Place | undefined;
}

export function mergeAll(documents: Written[]): Merged {
  const writers = new Map<string, Written>();
  let value: Record<string, unknown> = {};
  for (const document of documents) {
    value = merge(value, document.value as Record<string, unknown>, '', (pointer) => writers.set(pointer, document));
  }
  return { value, place: (pointer, what) => nearest(writers, pointer)?.place(pointer, what) };
}

function nearest<T>(map: ReadonlyMap<string, T>, pointer: string): T | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const found = map.get(at);
    if (found !== undefined || at === '') return found;
  }
}

function merge(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  pointer: string,
  note: (pointer: string) => void,
): Record<string, unknown> {
  note(pointer);
  const result = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(after)) {
    const below = pointer + pointerTo(key);
    const old = result.get(key);
    if (value === null && isOpen(pointer)) result.delete(key);
    else if (isMapping(value) || (value === null && isMapping(old)))
      result.set(key, merge(isMapping(old) ? old : {}, isMapping(value) ? value : {}, below, note));
    else {
      note(below);
      result.set(key, value);
    }
  }
  return Object.fromEntries(result);
}

/** A mapping whose keys the operator chooses, such as `roles`. */
function isOpen(pointer: string): boolean {
  return leaves.get(pointer)?.schema['type'] === 'object';
}

export interface Resolved {
  value: Record<string, unknown>;
  /** pointer → environment variables its value came from */
  variables: Map<string, string[]>;
  unfit: Unfit[];
}

/** Puts the variables' values in. What comes from one is text, and becomes what the setting is. */
export function resolveVariables(tree: Record<string, unknown>, look: (name: string) => string | undefined): Resolved {
  const variables = new Map<string, string[]>();
  const unfit: Unfit[] = [];
  const visit = (value: unknown, pointer: string): unknown => {
    if (isMapping(value)) return mapEntries(value, (below, key) => visit(below, pointer + pointerTo(key)));
    if (Array.isArray(value)) return value.map((below, index) => visit(below, pointer + pointerTo(index)));
    if (typeof value !== 'string' || !hasVariables(value)) return value;
    const found = substitute(value, look);
    variables.set(pointer, found.used);
    unfit.push(...found.mistakes.map((message) => ({ pointer, message })));
    return convert(found.text, leaves.get(pointer)?.schema ?? {});
  };
  return { value: visit(tree, '') as Record<string, unknown>, variables, unfit };
}

const booleans: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

function convert(text: string, { type }: Record<string, unknown>): unknown {
  if (type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return booleans[text.toLowerCase()] ?? text;
  if (type === 'array')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return text;
}

function mapEntries(
  mapping: Record<string, unknown>,
  change: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(mapping).map(([key, value]) => [key, change(value, key)]));
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
