import type { ErrorObject } from 'ajv';
import { pointerTo } from './pointer.js';
import { didYouMean } from './suggest.js';

/** What ajv found wrong in a file of the operator's, in words. `what` says which part is to be underlined. */
export interface Complaint {
  pointer: string;
  what: 'key' | 'value';
  message: string;
}

/** The validator must run with `verbose` and `allErrors`. One complaint for each place: the first says enough. */
export function complaintsOf(errors: readonly ErrorObject[] | null | undefined): Complaint[] {
  const byPlace = new Map<string, Complaint>();
  for (const error of mostSpecific(errors ?? [])) {
    const complaint = complaintOf(error);
    const id = `${complaint.what} ${complaint.pointer}`;
    if (!byPlace.has(id)) byPlace.set(id, complaint);
  }
  return [...byPlace.values()];
}

/** Of an `anyOf` only its own line is kept: each branch complaining for itself confuses. */
function mostSpecific(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  return errors.filter((error) => !choices.some((choice) => choice !== error && isInside(error, choice)));
}

function isInside(error: ErrorObject, choice: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${choice.schemaPath}/`);
}

function complaintOf(error: ErrorObject): Complaint {
  const { instancePath: pointer, keyword, params } = error;
  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
    const message = `unknown key "${key}"${didYouMean(key, known)}`;
    return { pointer: pointer + pointerTo(key), what: 'key', message };
  }
  if (keyword === 'required')
    return { pointer, what: 'key', message: `"${String(params['missingProperty'])}" is missing` };
  return { pointer, what: 'value', message: (words[keyword] ?? otherwise)(error) };
}

const words: Record<string, (error: ErrorObject) => string> = {
  type: ({ params, data }) => `must be ${typeWords(params['type'] as string | string[])}, got ${shown(data)}`,
  enum: ({ params, data }) => oneOf(params['allowedValues'] as unknown[], data),
  const: ({ params, data }) => `must be ${shown(params['allowedValue'])}, got ${shown(data)}`,
  anyOf: ({ parentSchema, data }) => `must be ${branches(parentSchema)}, got ${shown(data)}`,
  oneOf: ({ parentSchema, data }) => `must be ${branches(parentSchema)}, got ${shown(data)}`,
  minimum: ({ params, data }) => `must be at least ${params['limit']}, got ${shown(data)}`,
  exclusiveMinimum: ({ params, data }) => `must be more than ${params['limit']}, got ${shown(data)}`,
  maximum: ({ params, data }) => `must be at most ${params['limit']}, got ${shown(data)}`,
  minItems: ({ params }) => (params['limit'] === 1 ? 'must not be empty' : `needs at least ${params['limit']} entries`),
  minProperties: () => 'must not be empty',
  minLength: ({ params }) =>
    params['limit'] === 1 ? 'must not be empty' : `needs at least ${params['limit']} letters`,
  maxLength: ({ params }) => `may have at most ${params['limit']} letters`,
  uniqueItems: ({ params, data }) => `${shown((data as unknown[])[Number(params['i'])])} stands in the list twice`,
  pattern: ({ parentSchema, data }) =>
    `must be ${describedAs(parentSchema) ?? 'written differently'}, got ${shown(data)}`,
  format: ({ params, data }) =>
    `must be ${/^[aeiou]/.test(String(params['format'])) ? 'an' : 'a'} ${params['format']}, got ${shown(data)}`,
  propertyNames: ({ params }) => `"${String(params['propertyName'])}" cannot be a name here`,
};

function otherwise({ message = 'is not valid' }: ErrorObject): string {
  return message;
}

function describedAs(schema: ErrorObject['parentSchema']): string | undefined {
  return typeof schema?.['title'] === 'string' ? schema['title'] : undefined;
}

function oneOf(allowed: unknown[], data: unknown): string {
  const list = allowed.map((value) => (typeof value === 'string' ? `"${value}"` : String(value))).join(', ');
  const hint = typeof data === 'string' ? didYouMean(data, allowed.map(String)) : '';
  return `must be one of ${list}, got ${shown(data)}${hint}`;
}

function branches(schema: ErrorObject['parentSchema']): string {
  const list = (schema?.['anyOf'] ?? schema?.['oneOf']) as { type?: string | string[]; title?: string }[];
  return (
    describedAs(schema) ?? list.map(({ type, title }) => title ?? typeWords(type ?? 'something else')).join(' or ')
  );
}

const typeNames: Record<string, string> = {
  string: 'a string',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  array: 'a list',
  object: 'a mapping',
  null: 'empty',
};

export function typeWords(type: string | string[]): string {
  const names = [type].flat().map((name) => typeNames[name] ?? name);
  return names.length < 3 ? names.join(' or ') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** A value as a short piece of a sentence. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return JSON.stringify(value);
  return value.length > 60 ? `"${value.slice(0, 60)}…"` : `"${value}"`;
}
