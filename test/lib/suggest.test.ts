import { expect, test } from '@jest/globals';
import { closest, didYouMean, editDistance } from '../../src/lib/suggest.js';

test('a typing mistake is recognised, another word is not', () => {
  const words = ['login', 'logout', 'ping', 'current-user'];
  expect(didYouMean('logn', words)).toBe(', did you mean "login"?');
  expect(didYouMean('curent-user', words)).toBe(', did you mean "current-user"?');
  expect(didYouMean('LOGIN', words)).toBe(', did you mean "login"?');
  expect(didYouMean('register', words)).toBe('');
  expect(closest('', words)).toBeUndefined();
});

test('swapped neighbours count as one mistake', () => {
  expect(editDistance('lgoin', 'login')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
});
