import { expect, test } from '@jest/globals';
import { checkSchema, compileInput } from '../../src/lib/schema.js';

const login = {
  required: ['username', 'password'],
  properties: {
    username: { type: 'string', minLength: 1 },
    password: { type: 'string', minLength: 1 },
    remember: { type: 'boolean', default: false },
  },
};

test('every wrong field is named at once, an empty one as a missing one', () => {
  expect(compileInput(login)({ username: '', remember: 'maybe' })).toEqual([
    { field: 'password', code: 'required' },
    { field: 'username', code: 'required' },
    { field: 'remember', code: 'boolean' },
  ]);
});

test.each([[12], [true], [null], [['a']], [{ a: 1 }]])('%j is no string and never becomes one', (password) => {
  expect(compileInput(login)({ username: 'true', password })).toEqual([{ field: 'password', code: 'string' }]);
});

test('defaults are filled in, and boolean words are read as forms write them', () => {
  const input: Record<string, unknown> = { username: 'a', password: ' 12 ' };
  expect(compileInput(login)(input)).toEqual([]);
  expect(input).toEqual({ username: 'a', password: ' 12 ', remember: false });
  for (const [word, value] of [
    ['true', true],
    ['1', true],
    [1, true],
    ['false', false],
    ['0', false],
    [0, false],
    ['', false],
  ]) {
    const words = { username: 'a', password: 'b', remember: word };
    expect(compileInput(login)(words)).toEqual([]);
    expect(words.remember).toBe(value);
  }
});

test('numbers and lists are read from text where everything is text, and only there', () => {
  const schema = {
    properties: { page: { type: 'integer', minimum: 1 }, tags: { type: 'array', items: { type: 'number' } } },
  };
  const query: Record<string, unknown> = { page: '2', tags: '7' };
  expect(compileInput(schema)(query, 'text')).toEqual([]);
  expect(query).toEqual({ page: 2, tags: [7] });
  expect(compileInput(schema)({ page: '2' })).toEqual([{ field: 'page', code: 'integer' }]);
  expect(compileInput(schema)({ page: '2x' }, 'text')).toEqual([{ field: 'page', code: 'integer' }]);
  expect(compileInput(schema)({ page: '0' }, 'text')).toEqual([{ field: 'page', code: 'range', values: { min: 1 } }]);
});

test('inherited names are not input', () => {
  expect(compileInput({ required: ['toString'] })({})).toEqual([{ field: 'toString', code: 'required' }]);
});

test('nested fields are named with dots', () => {
  const schema = {
    properties: { address: { type: 'object', required: ['zip'], properties: { city: { type: 'string' } } } },
  };
  expect(compileInput(schema)({ address: { city: 1 } })).toEqual([
    { field: 'address.zip', code: 'required' },
    { field: 'address.city', code: 'string' },
  ]);
});

test('each kind of problem has its code', () => {
  const schema = {
    additionalProperties: false,
    properties: {
      mail: { type: 'string', format: 'email' },
      day: { type: 'string', format: 'date' },
      code: { type: 'string', pattern: '^[a-z]+$' },
      kind: { enum: ['a', 'b'] },
      long: { type: 'string', maxLength: 2 },
      short: { type: 'string', minLength: 3 },
    },
  };
  const input = { mail: 'x', day: 'x', code: '1', kind: 'c', long: 'abc', short: 'ab', more: 1 };
  expect(compileInput(schema)(input)).toEqual([
    { field: 'more', code: 'unknown-field' },
    { field: 'mail', code: 'email' },
    { field: 'day', code: 'format', values: { format: 'date' } },
    { field: 'code', code: 'format' },
    { field: 'kind', code: 'choice', values: { choices: 'a, b' } },
    { field: 'long', code: 'too-long', values: { max: 2 } },
    { field: 'short', code: 'too-short', values: { min: 3 } },
  ]);
});

test.each([
  [{ requierd: ['a'] }, '/requierd', 'JSON Schema knows no keyword "requierd", did you mean "required"?'],
  [{ properties: { a: { type: 'sting' } } }, '/properties/a/type', 'must be one of'],
  [{ properties: { a: { type: 'string', format: 'emial' } } }, '/properties/a/format', 'did you mean "email"?'],
  [{ properties: { a: { pattern: '(a+)+$' } } }, '/properties/a/pattern', 'the regex "(a+)+$" can backtrack for ever'],
  [{ properties: { a: { pattern: '(' } } }, '/properties/a/pattern', 'does not compile'],
  [{ properties: { a: { minLength: -1 } } }, '/properties/a/minLength', 'must be at least 0, got -1'],
  [{ properties: { a: { $ref: '#/nowhere' } } }, '', 'is no usable JSON Schema'],
  [{ required: 'a' }, '/required', 'must be a list, got "a"'],
])('%j is refused with its place', (schema, pointer, message) => {
  const [complaint] = checkSchema(schema);
  expect(complaint).toMatchObject({ pointer, message: expect.stringContaining(message) });
});

test('a sound schema is accepted, definitions and formats included', () => {
  const schema = {
    $id: 'https://example.com/a',
    required: ['a'],
    properties: { a: { $ref: '#/definitions/b' }, c: { type: 'string', format: 'date-time', example: 'x' } },
    definitions: { b: { type: 'string', pattern: '^[a-z]+$' } },
  };
  expect(checkSchema(schema)).toEqual([]);
  expect(checkSchema({ ...schema, title: 'twice the same $id' })).toEqual([]);
});

test('a usual pattern for addresses is accepted, and costs nothing on a text that is made to be slow', () => {
  const schema = { properties: { mail: { type: 'string', pattern: '^\\S+@\\S+\\.\\S+$' } } };
  expect(checkSchema(schema)).toEqual([]);
  const check = compileInput(schema);
  expect(check({ mail: 'a.user@example.com' })).toEqual([]);
  const started = performance.now();
  expect(check({ mail: '@.'.repeat(30_000) })).toEqual([{ field: 'mail', code: 'format' }]);
  expect(check({ mail: '@.'.repeat(120) + ' ' })).toEqual([{ field: 'mail', code: 'format' }]);
  expect(performance.now() - started).toBeLessThan(500);
});

test('a linear pattern takes long texts', () => {
  const check = compileInput({ properties: { text: { type: 'string', pattern: '[a-z]+' } } });
  expect(check({ text: 'x'.repeat(50_000) })).toEqual([]);
});

test('two patterns of one schema are two patterns', () => {
  const check = compileInput({
    properties: { a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } },
    patternProperties: { '^x': { type: 'string' }, '^y': { type: 'integer' } },
  });
  expect(check({ a: 'a', b: 'b', x1: 'x', y1: 1 })).toEqual([]);
  expect(
    check({ a: 'b', b: 'a', x1: 1, y1: 'x' })
      .map(({ field }) => field)
      .sort(),
  ).toEqual(['a', 'b', 'x1', 'y1']);
});
