import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createKeys } from '../../src/auth/keys.js';

const keys = createKeys(['one secret']);

// (ASVS 9.2.2)
test('a signature verifies for its own text and purpose only', () => {
  const signature = keys.sign('csrf', 'session 7');
  expect(signature).toMatch(/^[\w-]{43}$/);
  expect(keys.verify('csrf', 'session 7', signature)).toBe(true);
  expect(keys.verify('csrf', 'session 8', signature)).toBe(false);
  expect(keys.verify('logout', 'session 7', signature)).toBe(false);
  expect(createKeys(['another']).verify('csrf', 'session 7', signature)).toBe(false);
});

// (ASVS 9.1.1)
test('no other text is taken for a signature, not even another spelling of it', () => {
  const signature = keys.sign('csrf', 'session 7');
  for (const wrong of ['', `${signature}=`, `${signature} `, signature.slice(0, -1), signature.replace(/.$/, '!')])
    expect(keys.verify('csrf', 'session 7', wrong)).toBe(false);
  fc.assert(fc.property(fc.string(), (text) => !keys.verify('csrf', 'session 7', text)));
});

// (ASVS 11.3.2)
test('what was encrypted can be read again, with the same purpose only', () => {
  fc.assert(fc.property(fc.string(), (text) => keys.decrypt('mail', keys.encrypt('mail', text)) === text));
  expect(keys.decrypt('other', keys.encrypt('mail', 'text'))).toBeUndefined();
  expect(keys.encrypt('mail', 'text')).not.toBe(keys.encrypt('mail', 'text'));
});

// (ASVS 11.2.5, 11.3.3)
test('what was changed on its way opens no more', () => {
  const sealed = Buffer.from(keys.encrypt('mail', 'to: bob'), 'base64url');
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect(keys.decrypt('mail', changed.toString('base64url'))).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => keys.decrypt('mail', text) === undefined));
});

// (ASVS 11.2.2)
test('a new secret in front signs, the old one behind it still verifies, until it is taken away', () => {
  const before = createKeys(['old']);
  const signature = before.sign('csrf', 'x');
  const sealed = before.encrypt('mail', 'x');
  const rotated = createKeys(['new', 'old']);
  expect(rotated.verify('csrf', 'x', signature)).toBe(true);
  expect(rotated.decrypt('mail', sealed)).toBe('x');
  expect(before.verify('csrf', 'x', rotated.sign('csrf', 'x'))).toBe(false);
  expect(createKeys(['new']).verify('csrf', 'x', signature)).toBe(false);
});

test('without a secret there are no keys', () => {
  expect(() => createKeys([])).toThrow();
  expect(() => createKeys([''])).toThrow();
});
