import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { Problem, ProblemCode } from '../errors.js';
import { complaintsOf, type Complaint } from './complaints.js';
import { pointerParts, pointerTo } from './pointer.js';
import { longestText, regexMistake } from './regex-safety.js';
import { didYouMean } from './suggest.js';
import { validateSchema } from './validator.js';

export type JsonSchema = Record<string, unknown>;

/**
 * Checks one input. Fills in defaults (the value is changed) and answers every wrong field with its first problem.
 *
 * `json`: values have their own types; only what is declared boolean also takes the words forms have for it
 * ("true", "1", 1, "false", "0", 0, ""). `text`: a query or a form, where everything arrives as a string, so whatever is
 * declared a number, boolean or list is read from its text. A string is never made from anything else.
 */
export type InputCheck = (value: Record<string, unknown>, from?: 'json' | 'text') => Problem[];

/** @throws Error when ajv refuses the schema */
export function compileInput(schema: JsonSchema): InputCheck {
  const validate = compileSchema(schema);
  return (value, from = 'json') => {
    readWords(schema, value, from);
    return validate(value) ? [] : problemsOf(validate.errors ?? []);
  };
}

/** Compiled once for each text of a schema: many routes share theirs, and a compilation costs milliseconds. */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  const id = JSON.stringify(schema);
  const known = compiled.get(id);
  if (known) return known;
  if (compiled.size >= 2000) compiled.clear();
  const typed = { type: 'object', ...schema };
  try {
    const validate = ajv.compile(typed);
    compiled.set(id, validate);
    return validate;
  } finally {
    // ajv would keep every schema it ever saw; a server that reads its routes again and again must not
    ajv.removeSchema(typed);
  }
}

const compiled = new Map<string, ValidateFunction>();

/**
 * ownProperties: else `required: [toString]` passes on `{}`. allErrors: forms show every wrong field at once; bodies are
 * small (`http.bodyLimit`). addUsedSchema: an `$id` in two routes must not collide.
 */
const ajv = new Ajv({
  ownProperties: true,
  allErrors: true,
  useDefaults: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  strictTuples: false,
  verbose: true,
  validateSchema: false,
  addUsedSchema: false,
  code: { regExp: patternEngine(), optimize: false },
});
formats.default(ajv);
// OpenAPI's word, welcome in a schema that documents an input
ajv.addKeyword('example');

/** Everything that is wrong with a schema itself, by JSON pointer. */
export function checkSchema(schema: JsonSchema): Complaint[] {
  const invalid = validateSchema(schema) ? [] : complaintsOf(validateSchema.errors);
  const parts = [...walk(schema, '')].flatMap(([part, pointer]) => checkPart(part, pointer));
  const complaints = [...parts, ...invalid.filter(({ pointer }) => !parts.some((part) => part.pointer === pointer))];
  return complaints.length > 0 ? complaints : refusedByAjv(schema);
}

function refusedByAjv(schema: JsonSchema): Complaint[] {
  try {
    compileSchema(schema);
    return [];
  } catch (error) {
    return [{ pointer: '', what: 'value', message: `is no usable JSON Schema: ${(error as Error).message}` }];
  }
}

const maps = ['properties', 'patternProperties', 'definitions', '$defs', 'dependencies'];
const lists = ['allOf', 'anyOf', 'oneOf', 'items'];
const singles = [
  'not',
  'if',
  'then',
  'else',
  'items',
  'contains',
  'propertyNames',
  'additionalProperties',
  'additionalItems',
];
const plain =
  `$id $schema $ref $comment title description default examples example deprecated readOnly writeOnly type enum
  const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems
  maxProperties minProperties required format contentEncoding contentMediaType nullable`.split(/\s+/);
const keywords = new Set([...maps, ...lists, ...singles, ...plain]);

/** The schema and every schema inside it. */
function* walk(schema: unknown, pointer: string): Generator<[JsonSchema, string]> {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return;
  const part = schema as JsonSchema;
  yield [part, pointer];
  for (const name of new Set([...maps, ...lists])) yield* walkInside(part[name], pointer + pointerTo(name));
  for (const name of singles) yield* walk(part[name], pointer + pointerTo(name));
}

function* walkInside(container: unknown, pointer: string): Generator<[JsonSchema, string]> {
  if (typeof container !== 'object' || container === null) return;
  if (pointer.endsWith('/items') && !Array.isArray(container)) return;
  for (const [key, schema] of Object.entries(container)) yield* walk(schema, pointer + pointerTo(key));
}

function checkPart(schema: JsonSchema, pointer: string): Complaint[] {
  const unknown = Object.keys(schema)
    .filter((key) => !keywords.has(key))
    .map((key): Complaint => {
      const message = `JSON Schema knows no keyword "${key}"${didYouMean(key, keywords)}`;
      return { pointer: pointer + pointerTo(key), what: 'key', message };
    });
  return [...unknown, ...checkPatterns(schema, pointer), ...checkFormat(schema, pointer)];
}

function checkPatterns(schema: JsonSchema, pointer: string): Complaint[] {
  const own =
    typeof schema['pattern'] === 'string' ? [[schema['pattern'], `${pointer}/pattern`, 'value'] as const] : [];
  const names = Object.keys((schema['patternProperties'] as object | undefined) ?? {});
  const inNames = names.map((name) => [name, pointer + pointerTo('patternProperties', name), 'key'] as const);
  return [...own, ...inNames].flatMap(([source, where, what]) => {
    const message = regexMistake(anchored(source), 3)?.replace(`"${anchored(source)}"`, `"${source}"`);
    return message === undefined ? [] : [{ pointer: where, what, message }];
  });
}

/**
 * Patterns are not anchored: each start is tried, as if `.*` stood before them, and what a loop at the end could take
 * more of is not asked for.
 */
function anchored(source: string): string {
  const start = source.startsWith('^') ? '' : '.*';
  return start + source.replace(/(?<!\\)([+*])\??$/, (loop) => (loop.startsWith('+') ? '' : '?'));
}

/** A pattern whose cost grows faster than its text only looks at short ones; a longer text does not fit (ASVS 1.3.12). */
function patternEngine() {
  const engine = (source: string, flags: string) => {
    const regex = new RegExp(source, flags);
    const longest = longestText(anchored(source));
    // ajv tells patterns apart by their text
    return { test: (text: string) => text.length <= longest && regex.test(text), toString: () => String(regex) };
  };
  return Object.assign(engine, { code: 'new RegExp' });
}

function checkFormat({ format }: JsonSchema, pointer: string): Complaint[] {
  if (typeof format !== 'string' || Object.hasOwn(ajv.formats, format)) return [];
  const message = `unknown format "${format}"${didYouMean(format, Object.keys(ajv.formats))}`;
  return [{ pointer: `${pointer}/format`, what: 'value', message }];
}

function problemsOf(errors: readonly ErrorObject[]): Problem[] {
  const byField = new Map<string, Problem>();
  for (const error of errors) {
    const problem = problemOf(error);
    if (!byField.has(problem.field)) byField.set(problem.field, problem);
  }
  return [...byField.values()];
}

function problemOf(error: ErrorObject): Problem {
  const { code, values, child } = (meanings[error.keyword] ?? invalid)(error);
  const field = [...pointerParts(error.instancePath), ...(child === undefined ? [] : [child])].join('.');
  return values ? { field, code, values } : { field, code };
}

interface Meaning {
  code: ProblemCode;
  values?: Record<string, string | number>;
  /** the field is this part of what was checked */
  child?: string;
}

const typeCodes: Record<string, ProblemCode> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'integer',
  number: 'number',
  array: 'array',
  object: 'object',
};

const limit = ({ params }: ErrorObject): number => Number(params['limit']);

const meanings: Record<string, (error: ErrorObject) => Meaning> = {
  required: ({ params }) => ({ code: 'required', child: String(params['missingProperty']) }),
  dependencies: ({ params }) => ({ code: 'required', child: String(params['missingProperty']) }),
  additionalProperties: ({ params }) => ({ code: 'unknown-field', child: String(params['additionalProperty']) }),
  type: ({ params }) => ({ code: typeCodes[String(params['type'])] ?? 'invalid' }),
  // an empty field of a form is a missing one (contract ext-login, section 1)
  minLength: (error) =>
    limit(error) === 1 ? { code: 'required' } : { code: 'too-short', values: { min: limit(error) } },
  maxLength: (error) => ({ code: 'too-long', values: { max: limit(error) } }),
  minItems: (error) =>
    limit(error) === 1 ? { code: 'required' } : { code: 'too-short', values: { min: limit(error) } },
  maxItems: (error) => ({ code: 'too-long', values: { max: limit(error) } }),
  minimum: (error) => ({ code: 'range', values: { min: limit(error) } }),
  exclusiveMinimum: (error) => ({ code: 'range', values: { min: limit(error) } }),
  maximum: (error) => ({ code: 'range', values: { max: limit(error) } }),
  exclusiveMaximum: (error) => ({ code: 'range', values: { max: limit(error) } }),
  enum: ({ params }) => ({ code: 'choice', values: { choices: (params['allowedValues'] as unknown[]).join(', ') } }),
  const: ({ params }) => ({ code: 'choice', values: { choices: String(params['allowedValue']) } }),
  pattern: () => ({ code: 'format' }),
  format: ({ params }) =>
    params['format'] === 'email' ? { code: 'email' } : { code: 'format', values: { format: String(params['format']) } },
};

function invalid(): Meaning {
  return { code: 'invalid' };
}

const booleanWords = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  [1, true],
  ['false', false],
  ['0', false],
  [0, false],
  ['', false],
]);

/** Turns the words of forms into what the schema declares; what cannot be read stays, and fails the check. */
function readWords(schema: JsonSchema, value: unknown, from: 'json' | 'text'): void {
  const properties = schema['properties'] as Record<string, JsonSchema> | undefined;
  if (!properties || typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const fields = value as Record<string, unknown>;
  for (const [name, property] of Object.entries(properties)) {
    if (typeof property !== 'object' || !Object.hasOwn(fields, name)) continue;
    fields[name] = readWord(property, fields[name], from);
    readWords(property, fields[name], from);
  }
}

function readWord({ type, items }: JsonSchema, value: unknown, from: 'json' | 'text'): unknown {
  if (type === 'boolean') return booleanWords.get(value) ?? value;
  if (from === 'json') return value;
  if (type === 'integer' || type === 'number') return numberOf(value);
  if (type !== 'array') return value;
  const list = Array.isArray(value) ? value : [value];
  return typeof items === 'object' && items !== null
    ? list.map((item) => readWord(items as JsonSchema, item, from))
    : list;
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : value;
}
