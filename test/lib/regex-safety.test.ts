import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { judgeRegex } from '../../src/lib/regex-safety.js';

const harmless = [
  '\\d+',
  '.*',
  '.+',
  '[^/]+',
  '[a-z]+',
  '[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*',
  '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-5][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}',
  '\\d{4}-\\d{2}-\\d{2}',
  '.+@.+',
  '[^@]+@[^@]+\\.[a-z]+',
  '(?!api).*',
  'json|xml|html',
  '(json|xml)',
  '\\d+(?:,\\d+)*',
  '(?:[a-z0-9]+\\.)*[a-z]+',
  '(ab|ac)*d',
  '\\p{L}+',
  '[1-9]\\d*',
  '',
];

const exponential = [
  '(a+)+',
  '(a*)*b',
  '(a|a)*b',
  '(a|b|ab)*c',
  '([a-z]+,?)+',
  '(x+x+)+y',
  '(\\w+\\s?)*',
  '([a-zA-Z]+)*\\d',
  '(.*a){11,}',
  '(a?){30}a{30}',
  '(?:[a-z]{1,20}){1,20}',
  '(?=(a+)+b)x',
  '(\\d|[0-9])+x',
  '(?:(?:a|b)+c?)+d',
];

test.each(harmless)('%s is accepted', (source) => {
  expect(judgeRegex(source)).toBe('fine');
});

test.each(exponential)('%s is recognised as exponential', (source) => {
  expect(judgeRegex(source)).toBe('exponential');
});

test.each(['(.*)(.*)(.*)x', '.*-.*-.*-.*x', '\\w+\\w+\\w+x', 'a{1,1000}a{1,1000}a{1,1000}b'])(
  '%s is recognised as polynomial of a high degree',
  (source) => {
    expect(judgeRegex(source)).toBe('polynomial');
  },
);

test('back references and monsters are not judged but named', () => {
  expect(judgeRegex('(a+)\\1+')).toBe('back-reference');
  expect(judgeRegex('(?<x>a)\\k<x>')).toBe('back-reference');
  expect(judgeRegex(Array.from({ length: 300 }, (_, i) => `a${i}b*`).join(''))).toBe('too-large');
});

const piece = fc.letrec((tie) => ({
  atom: fc.constantFrom('a', 'b', '[ab]', '.', '\\w', 'c'),
  node: fc.oneof(
    { maxDepth: 4 },
    tie('atom'),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `${a as string}${b as string}`),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a as string}|${b as string})`),
    tie('node').map((a) => `(?:${a as string})*`),
    tie('node').map((a) => `(?:${a as string})+`),
    tie('node').map((a) => `(?:${a as string})?`),
  ),
})).node as fc.Arbitrary<string>;

// (ASVS 1.3.12)
test('what is accepted never needs more than a moment for an attacker’s text', () => {
  fc.assert(
    fc.property(piece, fc.constantFrom('a', 'b', 'ab', 'aab', 'c', 'abc'), (source, attack) => {
      fc.pre(judgeRegex(source) === 'fine');
      const pattern = new RegExp(`^(?:${source})$`, 's');
      const text = `${attack.repeat(600 / attack.length)}!`;
      const started = performance.now();
      pattern.test(text);
      expect(performance.now() - started).toBeLessThan(250);
    }),
    { numRuns: 400 },
  );
});
