import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJson, type JsonMistake } from '../../src/lib/json.js';

function positionOf(text: string): number | undefined {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    return (error as JsonMistake).position;
  }
}

// (ASVS 1.5.3)
test('any JSON comes back as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      expect(parseJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value))),
    ),
  );
});

test('any other text is refused with a position inside it, never with another error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const position = positionOf(text);
      if (position !== undefined) expect(position).toBeLessThanOrEqual(text.length);
    }),
  );
});

test.each([
  ['{"a":1,"a":2}', 7],
  ['{"a":{"b":1},"c":[{"d":1,"d":2}]}', 25],
  ['{"a":1, "\\u0061" : 2}', 8],
  ['{"__proto__":1,"__proto__":2}', 15],
])('a duplicate key is refused where it stands: %s', (text, position) => {
  expect(positionOf(text)).toBe(position);
});

test.each(['{"a":"a","b":{"a":1}}', '["a","a"]', '{"a":["a","a"],"b":"\\"a\\":"}'])(
  'the same text as a value or on another level is no duplicate: %s',
  (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  },
);

test.each([
  ['{"username":"user"', 18],
  ['{"username" "user"}', 12],
  ['', 0],
  ['nope', 0],
  ['{"username": }', 13],
  ['{"a":1,}', 7],
  ['{"a":1} x', 8],
  ["{'a':1}", 1],
])('the position of a mistake is that of the first wrong character: %s', (text, position) => {
  expect(positionOf(text)).toBe(position);
});
