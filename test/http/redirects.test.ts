import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Settings } from '../../src/config/settings.js';
import { Refusal } from '../../src/errors.js';
import { absoluteTarget, clientTarget } from '../../src/http/redirects.js';

const settings = {
  publicUrl: 'https://login.example',
  redirects: { origins: ['https://app.example'] },
} as unknown as Settings;

test('a configured path is joined to the public URL, an unset target falls back to it', () => {
  expect(absoluteTarget(settings, '')).toBe('https://login.example');
  expect(absoluteTarget(settings, '/after')).toBe('https://login.example/after');
  expect(absoluteTarget(settings, 'https://app.example/x')).toBe('https://app.example/x');
});

test.each([
  ['/after?x=1#y', 'https://login.example/after?x=1#y'],
  ['https://app.example/welcome', 'https://app.example/welcome'],
  ['HTTPS://APP.EXAMPLE', 'https://app.example/'],
])('a client may choose %s', (target, href) => {
  expect(clientTarget(settings, target)).toBe(href);
});

// (ASVS 1.2.2)
test.each([
  '//evil.example',
  '/\\evil.example',
  'https:evil.example',
  'https:/evil.example',
  'https:///evil.example',
  'https://app.example@evil.example',
  'https://user:pw@app.example/',
  'https://app.example.evil.example',
  'https://app.example:444/',
  'http://app.example/',
  'javascript:alert(1)',
  'data:text/html,x',
  ' https://app.example',
  'https://app.example\n.evil.example',
  '/\tevil',
  'evil.example',
  '',
])('a client may not choose %j', (target) => {
  expect(() => clientTarget(settings, target)).toThrow(Refusal);
});

// (ASVS 3.7.2)
test('whatever a client sends, an accepted target is on an allowed origin as a browser reads it', () => {
  const pieces = fc.constantFrom(
    '/',
    '\\',
    '//',
    'https:',
    'https://',
    'app.example',
    'evil.example',
    '@',
    '#',
    '?',
    '.',
    '%2f',
    '\t',
    ':',
    'a',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      try {
        const href = clientTarget(settings, parts.join(''));
        expect(['https://login.example', 'https://app.example']).toContain(new URL(href).origin);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
      }
    }),
    { numRuns: 2000 },
  );
});
