import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  decoyHash,
  hashPassword,
  isWeakerThan,
  kindOfHash,
  missingCosts,
  verifyPassword,
} from '../../src/auth/password-hashes.js';

/** Made by other programs: passlib and bcrypt for Python, PHP, hashcat's examples, @node-rs/argon2. */
const foreign: [kind: string, password: string, hash: string][] = [
  ['bcrypt-sha256', 'password', '$bcrypt-sha256$v=2,t=2b,r=5$n79VH.0Q2TMWmt3Oqt9ukO$.HpRcJNJ.z8a2fzc7k2Wd7Ic1drKEKu'],
  ['bcrypt', 'contraseña ü', '$2b$05$pYQo0tKEXRHO9wGdJi5Os.fNbZ7awGM.RzOk0JcD58QQv24bjkF16'],
  ['bcrypt', 'rasmuslerdorf', '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'],
  ['bcrypt', 'hashcat', '$2a$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6'],
  [
    'pbkdf2-sha256',
    'contraseña ü',
    '$pbkdf2-sha256$2500$RKj1npMSIsSYU8q5t9bauw$1bWw3x6JzhUwdF7s6C6gDqbDqQ.dD3k9qIM3DS0p0Ko',
  ],
  ['phpass', 'contraseña ü', '$P$6wyV0reWuAZ9oC40Fq0r8VNkFJCmzf.'],
  ['phpass', 'test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ['phpass-sha512', 'hashcat', '$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf'],
  ['phpass-sha512', 'änderung', 'U$S$9abcdefghDV17le6lcs0xZeLcHo3Qh5PwCNZu5.vhChXdazUvx8.'],
];

test.each(foreign)('a %s hash of another program lets "%s" in and nothing else', async (kind, password, hash) => {
  expect(kindOfHash(hash)).toBe(kind);
  await expect(verifyPassword(password, hash)).resolves.toBe(true);
  await expect(verifyPassword(`${password} `, hash)).resolves.toBe(false);
});

test('a password matches its own hash only, and no two hashes are the same', async () => {
  const hash = hashPassword('correct horse', 4);
  await expect(verifyPassword('correct horse', hash)).resolves.toBe(true);
  await expect(verifyPassword('Correct horse', hash)).resolves.toBe(false);
  expect(hashPassword('correct horse', 4)).not.toBe(hash);
});

// (ASVS 6.2.8)
test('long passwords count to their last character, NULs and all', async () => {
  const password = `${'ü'.repeat(80)}\0end`;
  const hash = hashPassword(password, 4);
  await expect(verifyPassword(password, hash)).resolves.toBe(true);
  await expect(verifyPassword(`${'ü'.repeat(80)}\0enD`, hash)).resolves.toBe(false);
  await expect(verifyPassword('ü'.repeat(80), hash)).resolves.toBe(false);
});

test('a whole long password hashes to what passlib makes of it', async () => {
  const hash = '$bcrypt-sha256$v=2,t=2b,r=5$n79VH.0Q2TMWmt3Oqt9ukO$gO9akvC/547lB0tdtifBo5j.EfNq7Ea';
  await expect(verifyPassword(`${'contraseña ü'.repeat(20)}\0end`, hash)).resolves.toBe(true);
});

test('an imported bcrypt hash is verified as its origin did: by the first 72 bytes', async () => {
  const hash = '$2b$04$MacETX0F7zhoDIvhQNnwLugEs1bqX3pxsi2/7f/TgRK9OtH66ppMa';
  await expect(verifyPassword('x'.repeat(90), hash)).resolves.toBe(true);
  await expect(verifyPassword('x'.repeat(71), hash)).resolves.toBe(false);
});

test('a hash of another kind or of a lower cost is weaker than configured', () => {
  const hash = decoyHash(10);
  expect([9, 10, 11].map((cost) => isWeakerThan(hash, cost))).toEqual([false, false, true]);
  expect(foreign.slice(1).every(([, , foreignHash]) => isWeakerThan(foreignHash, 4))).toBe(true);
  expect(isWeakerThan('', 4)).toBe(true);
});

test('a wrong password at a cheaper hash is given the work that is missing, and no more', () => {
  const work = (costs: number[]) => costs.reduce((sum, cost) => sum + 2 ** cost, 0);
  for (const cost of [4, 9, 12, 13])
    expect(work([cost, ...missingCosts(decoyHash(cost), 12)])).toBe(2 ** Math.max(12, cost));
  expect(missingCosts('$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 9)).toEqual([7, 8]);
  expect(missingCosts('$P$6wyV0reWuAZ9oC40Fq0r8VNkFJCmzf.', 9)).toEqual([9]);
});

test.each([
  '',
  '*',
  'plain text',
  '$2b$99$pYQo0tKEXRHO9wGdJi5Os.fNbZ7awGM.RzOk0JcD58QQv24bjkF16',
  '$2b$31$pYQo0tKEXRHO9wGdJi5Os.fNbZ7awGM.RzOk0JcD58QQv24bjkF16',
  '$2x$05$pYQo0tKEXRHO9wGdJi5Os.fNbZ7awGM.RzOk0JcD58QQv24bjkF16',
  '$2b$05$pYQo0tKEXRHO9wGdJi5Os.fNbZ7awGM.RzOk0JcD58QQv24bjkF1',
  '$bcrypt-sha256$v=2,t=2b,r=30$n79VH.0Q2TMWmt3Oqt9ukO$.HpRcJNJ.z8a2fzc7k2Wd7Ic1drKEKu',
  '$pbkdf2-sha256$9999999$RKj1npMSIsSYU8q5t9bauw$1bWw3x6JzhUwdF7s6C6gDqbDqQ.dD3k9qIM3DS0p0Ko',
  '$pbkdf2-sha256$0$RKj1npMSIsSYU8q5t9bauw$1bWw3x6JzhUwdF7s6C6gDqbDqQ.dD3k9qIM3DS0p0Ko',
  '$P$zwyV0reWuAZ9oC40Fq0r8VNkFJCmzf.',
  '$S$z33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf',
  '$argon2id$v=19$m=999999999,t=999999,p=4$PMY222Qbr6xpm49Yfa6fXg$LcIPaXZVBuZw8WziVYeixwGWyoP1QmrHuvdWY18X9Ms',
  'x'.repeat(1_000_000),
])('a malformed or absurdly expensive hash answers no at once: %.60s', async (hash) => {
  const start = performance.now();
  expect(kindOfHash(hash)).toBeUndefined();
  await expect(verifyPassword('hashcat', hash)).resolves.toBe(false);
  expect(performance.now() - start).toBeLessThan(50);
});

test('a phpass hash and a very long password take no longer than the original allowed', async () => {
  const start = performance.now();
  await expect(verifyPassword('x'.repeat(60_000), '$P$IIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0')).resolves.toBe(false);
  expect(performance.now() - start).toBeLessThan(50);
});

test('no text in the place of a hash breaks the verification', async () => {
  const nearly = fc
    .tuple(fc.constantFrom(...foreign.map(([, , hash]) => hash)), fc.nat(), fc.string({ maxLength: 3 }))
    .map(([hash, at, noise]) => hash.slice(0, at % hash.length) + noise);
  const answers = fc.asyncProperty(fc.oneof(fc.string(), nearly), async (hash) => {
    if (kindOfHash(hash) === undefined) expect(await verifyPassword('password', hash)).toBe(false);
  });
  await fc.assert(answers, { numRuns: 500 });
});
