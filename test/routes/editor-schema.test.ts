import { Validator, type Schema } from '@cfworker/json-schema';
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseYaml } from '../../src/lib/yaml.js';
import { editorSchema } from '../../src/routes/editor-schema.js';
import { vocabulary } from '../support/routes.js';

const schema = editorSchema(vocabulary);

/** Judged by a validator that is not ours. */
function mistakes(value: unknown): string[] {
  const { errors } = new Validator(schema as Schema, '7', false).validate(value);
  return errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`);
}

function shipped(name: string): unknown {
  const file = fileURLToPath(new URL(name, import.meta.url));
  return parseYaml(readFileSync(file, 'utf8'), name).value;
}

test('the shipped routes and TYPO3’s own files have no red lines', () => {
  expect(mistakes(shipped('../../routes.yaml'))).toEqual([]);
  expect(mistakes(shipped('fixtures/ext-login-routes.yml'))).toEqual([]);
});

test.each([
  [{ a: { path: '/a', handler: 'logn' } }],
  [{ a: { path: '/a', handler: 'ping', methdos: 'GET' } }],
  [{ a: { path: '/a', handler: 'ping', middleware: ['atuh'] } }],
  [{ a: { path: '/a', handler: 'ping', dialect: 'klingon' } }],
  [{ a: { handler: 'ping' } }],
  [{ a: 'ping' }],
])('%j has', (value) => {
  expect(mistakes(value)).not.toEqual([]);
});

test.each([
  [{ a: { path: '/a', handler: './own.js#hello', middleware: ['auth', 'throttle:5,1', './own.mjs#guard:1'] } }],
  [{ a: { resource: 'more/*.yaml', prefix: '/api', middleware: ['auth'] } }],
  [{ 'when@prod': { a: { path: '/a', handler: 'ping' } } }],
])('%j has none', (value) => {
  expect(mistakes(value)).toEqual([]);
});

test('completion lists every handler, middleware and dialect with what it does', () => {
  const { handler, middleware, dialect } = schema['definitions'] as Record<
    string,
    Record<string, { const?: string; description?: string }[]>
  >;
  const listed = [...handler!['oneOf']!, ...middleware!['anyOf']!.filter((item) => item.const), ...dialect!['oneOf']!];
  const names = [...vocabulary.handlers.keys(), ...vocabulary.middleware.keys(), ...vocabulary.dialects.keys()];
  expect(listed.map((item) => item.const)).toEqual(names);
  for (const { description } of listed) expect(description).toMatch(/\w{3}/);
});
