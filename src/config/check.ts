import type { ErrorObject } from 'ajv';
import { pointerParts, pointerText, pointerTo } from '../lib/pointer.js';
import { closest } from '../lib/suggest.js';
import { leaves, secretPointers } from './schema.js';
import { validateSettings } from './validator.js';

/** A setting that cannot be so. */
export interface Unfit {
  pointer: string;
  message: string;
  /** the name itself is wrong */
  what?: 'key';
}

/** pointer → environment variables its value came from */
export type Variables = ReadonlyMap<string, readonly string[]>;

/** Types, ranges and names: everything that is wrong. Fills in what may be left out inside of lists. */
export function checkStructure(value: unknown, variables: Variables): Unfit[] {
  if (validateSettings(value)) return [];
  return (validateSettings.errors ?? []).map((error) => describe(error, variables));
}

function describe(error: ErrorObject, variables: Variables): Unfit {
  if (error.keyword === 'additionalProperties') return unknownSetting(error);
  if (error.keyword === 'required') return missingSetting(error);
  const { description } = error.parentSchema as { description: string };
  return { pointer: error.instancePath, message: `must be ${description}, ${insteadOf(error, variables)}` };
}

/** The value as it was written; a secret is never shown, a variable is named. */
function insteadOf({ instancePath, data, parentSchema }: ErrorObject, variables: Variables): string {
  const hidden = secretPointers.test(instancePath);
  const value = hidden ? 'something else' : shorten(JSON.stringify(data) ?? 'nothing');
  const names = variables.get(instancePath) ?? [];
  if (names.length > 0) return `but ${variableNames(names)} ${hidden ? 'is' : 'says'} ${value}`;
  const { enum: choices, type } = parentSchema as { enum?: string[]; type?: string };
  const guess = choices && typeof data === 'string' ? closest(data, choices) : undefined;
  const quotes = type === 'string' && !choices && /^(number|boolean)$/.test(typeof data);
  return `not ${value}${guess ? `, did you mean "${guess}"?` : ''}${quotes ? '; put it in quotes' : ''}`;
}

export function variableNames(names: readonly string[]): string {
  return `the environment variable${names.length > 1 ? 's' : ''} ${names.join(' and ')}`;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function unknownSetting({ instancePath, params, parentSchema }: ErrorObject): Unfit {
  const name = String(params['additionalProperty']);
  const siblings = Object.keys((parentSchema as { properties: object }).properties);
  const message = `there is no such setting${guessed(name, siblings)}`;
  return { pointer: instancePath + pointerTo(name), message, what: 'key' };
}

/** A slip of the pen, or the right name in the wrong place. */
function guessed(name: string, siblings: string[]): string {
  const near = closest(name, siblings);
  if (near !== undefined) return `, did you mean "${near}"?`;
  const elsewhere = [...leaves.keys()].filter((pointer) => pointerParts(pointer).at(-1) === name);
  return elsewhere.length > 0 ? `, did you mean "${elsewhere.map(pointerText).join('" or "')}"?` : '';
}

function missingSetting({ instancePath, params }: ErrorObject): Unfit {
  return { pointer: instancePath, message: `"${String(params['missingProperty'])}" is missing` };
}
