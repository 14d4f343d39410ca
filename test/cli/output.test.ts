import { expect, test } from '@jest/globals';
import { harmless, table } from '../../src/cli/output.js';

test('what would act on the terminal is shown instead, as JSON writes it', () => {
  expect(harmless('a\u001b[2J\u009b\u202e\u2028ü🦊\n\tb')).toBe('a\\u001b[2J\\u009b\\u202e\\u2028ü🦊\n\tb');
  const value = { name: '\u202e\u{e0001}' };
  expect(JSON.parse(harmless(JSON.stringify(value)))).toEqual(value);
});

test('the columns of a table stand below each other, whatever is in them', () => {
  expect(
    table(
      ['id', 'name'],
      [
        ['1', 'a\nb\u0007'],
        ['22', 'c'],
      ],
    ),
  ).toBe(['id  name', '--  ---------', '1   a b\\u0007', '22  c'].join('\n'));
});
