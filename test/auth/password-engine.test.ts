import { expect, test } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { isFaithful, loadEngine } from '../../src/auth/password-engine.js';
import { hashPassword, verifyPassword } from '../../src/auth/password-hashes.js';

test('another bcrypt is used only when it makes the same hashes', () => {
  expect(isFaithful(hashSync)).toBe(true);
  expect(isFaithful((password, setting) => hashSync(password.split('\0')[0]!, setting))).toBe(false);
  expect(isFaithful((password, setting) => hashSync(Buffer.from(password).toString('latin1'), setting))).toBe(false);
  expect(isFaithful((password, setting) => hashSync(password, setting).replace('$2b$', '$2y$'))).toBe(false);
  expect(isFaithful(() => undefined as unknown as string)).toBe(false);
});

test('an engine that refuses long passwords is not used', () => {
  const refusing = (password: string, setting: string) => {
    if (Buffer.byteLength(password) > 72) throw new Error('too long');
    return hashSync(password, setting);
  };
  expect(isFaithful(refusing)).toBe(false);
});

test('whichever is in use, hashes of before still verify', async () => {
  const before = hashPassword('correct horse', 4);
  expect(['bcryptjs', 'bcrypt']).toContain(await loadEngine());
  await expect(verifyPassword('correct horse', before)).resolves.toBe(true);
  await expect(verifyPassword('correct horse', hashPassword('correct horse', 4))).resolves.toBe(true);
});
