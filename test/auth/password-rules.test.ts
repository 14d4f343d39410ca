import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { isCommonPassword } from '../../src/auth/common-passwords.js';
import { passwordProblems } from '../../src/auth/password-rules.js';

const rules = { minLength: 8, contextWords: ['Gatehouse', ' '] };
const bob = { username: 'Bob.Meier', email: 'robert@example.org', firstName: 'Róbert', lastName: 'Meier' };
const codes = (password: string, own = rules) => passwordProblems(password, own, bob).map(({ code }) => code);

// (ASVS 6.2.1, 6.2.5, 6.2.11)
test.each([
  ['short 7', ['too-short']],
  ['eight ok', []],
  ['x'.repeat(1024), []],
  ['x'.repeat(1025), ['too-long']],
  ['🦊'.repeat(8), []],
  ['🦊'.repeat(7), ['too-short']],
  ['🦊'.repeat(1024), []],
  ['password1', ['too-common']],
  ['PassWord1', ['too-common']],
  ['Sonnenschein', ['too-common']],
  ['P@ssw0rd', ['too-common']],
  ['my gatehouse sings at dawn', ['contains-context']],
  ['bob.meier', ['contains-context']],
  ['Bob.Meier!2026', ['contains-context']],
  ['robert@example.org', ['contains-context']],
  ['RÓBERTMEIER', ['contains-context']],
  ['12robert34', ['contains-context']],
  ['bob.meier plays the oboe', []],
  ['        ', []],
  ['nur kleine buchstaben', []],
])('"%.30s" has the problems %j', (password, expected) => {
  expect(codes(password)).toEqual(expected);
});

test('the problems carry their field and the limits', () => {
  expect(passwordProblems('x', rules, {}, 'pass')).toEqual([{ field: 'pass', code: 'too-short', values: { min: 8 } }]);
  expect(passwordProblems('x'.repeat(2000), rules)[0]?.values).toEqual({ max: 1024 });
});

test('a lowered minimum admits short passwords, but not the most common ones', () => {
  const lowered = { ...rules, minLength: 5 };
  expect(codes('thepass', lowered)).toEqual([]);
  expect(codes('admin', lowered)).toEqual([]);
  expect(codes('123456', lowered)).toEqual(['too-common']);
});

// (ASVS 6.2.4)
test('the list knows the most common passwords that fit the minimum', () => {
  const common = ['12345678', 'qwertyuiop', 'iloveyou', 'trustno1', 'football', 'passwort', 'michelle', 'admin123'];
  expect(common.filter((password) => !isCommonPassword(password))).toEqual([]);
  expect(isCommonPassword('correct horse battery staple')).toBe(false);
  const list = readFileSync(new URL('../../src/auth/common-passwords.ts', import.meta.url), 'utf8');
  const long = list
    .split('const words = `')[1]!
    .split('`')[0]!
    .split(/\s+/)
    .filter((word) => word.length >= 8);
  expect(long.length).toBeGreaterThan(9000);
  expect(long.filter((word) => !isCommonPassword(word))).toEqual([]);
});
