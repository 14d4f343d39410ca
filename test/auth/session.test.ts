import { expect, test } from '@jest/globals';
import { newToken } from '../../src/auth/link.js';
import { newSessionId } from '../../src/auth/session.js';

const count = 4000;

/** How often each of the 256 bits is set. */
function setBits(texts: string[]): number[] {
  const bits = Array.from({ length: 256 }, () => 0);
  for (const text of texts)
    for (const [at, byte] of Buffer.from(text, 'base64url').entries())
      for (let bit = 0; bit < 8; bit += 1) bits[at * 8 + bit]! += (byte >> bit) & 1;
  return bits;
}

// (ASVS 6.5.4, 7.2.3, 11.5.1, 11.5.2)
test.each([
  ['session ids', newSessionId],
  ['tokens of links', newToken],
])('%s are 256 random bits, made at once and none like another', (_what, make) => {
  const made = Array.from({ length: count }, make);
  expect(new Set(made).size).toBe(count);
  expect(made.filter((text) => !/^[\w-]{43}$/.test(text))).toEqual([]);
  // ten standard deviations: chance alone never gets there
  expect(setBits(made).filter((set) => Math.abs(set - count / 2) > 316)).toEqual([]);
});
