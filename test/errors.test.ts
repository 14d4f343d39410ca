import { expect, test } from '@jest/globals';
import { describeMistake } from '../src/errors.js';

test('a mistake reads as in the contract, to the letter', () => {
  const place = { file: 'routes.yaml', line: 14, column: 12, length: 4, excerpt: '  handler: logn' };
  const message = 'unknown handler "logn", did you mean "login"?';
  expect(describeMistake({ place, key: 'login_logins-auth.handler', message })).toBe(
    [
      'routes.yaml:14:12 login_logins-auth.handler: unknown handler "logn", did you mean "login"?',
      '   14 |   handler: logn',
      '      |            ^^^^',
    ].join('\n'),
  );
});

test('a very long line is shown around the mistake only', () => {
  const excerpt = `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`;
  const text = describeMistake({
    place: { file: 'a.yaml', line: 1, column: 5001, length: 4, excerpt },
    message: 'wrong',
  });
  const [, shown, caret] = text.split('\n');
  expect(shown!.length).toBeLessThan(140);
  expect(shown!.slice(caret!.indexOf('^'), caret!.lastIndexOf('^') + 1)).toBe('HERE');
});

test('the caret stands below its token after tabs', () => {
  const place = { file: 'a.yaml', line: 1, column: 3, length: 2, excerpt: '\t\tab' };
  expect(describeMistake({ place, message: 'wrong' }).split('\n')[2]).toBe('      | \t\t^^');
});
