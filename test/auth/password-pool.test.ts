import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Refusal } from '../../src/errors.js';
import { hashPassword } from '../../src/auth/password-hashes.js';
import { createPasswords } from '../../src/auth/password-pool.js';
import type { Passwords } from '../../src/auth/services.js';

let passwords: Passwords;

beforeEach(() => {
  passwords = createPasswords({ cost: 4, queue: 3, workers: 1 });
});
afterEach(() => passwords.close());

test('a password is verified against its hash, off the event loop', async () => {
  const hash = await passwords.hash('correct horse');
  await expect(passwords.verify('correct horse', hash)).resolves.toBe(true);
  await expect(passwords.verify('wrong horse', hash)).resolves.toBe(false);
  expect(passwords.needsRehash(hash)).toBe(false);
});

test('nobody gets in without a hash, or with one nobody can read', async () => {
  await expect(passwords.verify('', undefined)).resolves.toBe(false);
  await expect(passwords.verify('', '')).resolves.toBe(false);
  await expect(passwords.verify('plain', 'plain')).resolves.toBe(false);
});

test('an unknown user, one without a password and one with a cheap hash cost what a wrong password costs', async () => {
  const slow = createPasswords({ cost: 9, queue: 30, workers: 1 });
  const hash = await slow.hash('correct horse');
  const phpass = '$P$6wyV0reWuAZ9oC40Fq0r8VNkFJCmzf.';
  const kinds = [hash, undefined, '', '$2b$99$nonsense', hashPassword('correct horse', 5), phpass];
  const quickest = kinds.map(() => Infinity);
  for (let round = 0; round < 5; round++) {
    for (const [index, kind] of kinds.entries()) {
      const start = performance.now();
      await slow.verify('wrong', kind);
      quickest[index] = Math.min(quickest[index]!, performance.now() - start);
    }
  }
  await slow.close();
  for (const unknown of quickest) {
    expect(unknown / quickest[0]!).toBeGreaterThan(0.5);
    expect(unknown / quickest[0]!).toBeLessThan(2);
  }
});

test('a timer fires while passwords are hashed', async () => {
  const slow = createPasswords({ cost: 11, queue: 3, workers: 1 });
  const order: string[] = [];
  const hashed = slow.hash('correct horse').then(() => order.push('hash'));
  await new Promise((resolve) => setTimeout(resolve, 5)).then(() => order.push('timer'));
  await hashed;
  await slow.close();
  expect(order).toEqual(['timer', 'hash']);
});

// (ASVS 15.2.2)
test('a full queue refuses with the time to come back, and works again afterwards', async () => {
  const jobs = Array.from({ length: 4 }, () => passwords.hash('correct horse'));
  expect(passwords.load).toEqual({ waiting: 3, running: 1, workers: 1, queue: 3 });
  const refusal = await passwords.verify('one too many', undefined).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ reason: 'overloaded', detail: { retryAfter: expect.any(Number) } });
  await Promise.all(jobs);
  await expect(passwords.verify('afterwards', undefined)).resolves.toBe(false);
});

test('a verification whose client hung up makes room in the queue', async () => {
  const client = new AbortController();
  const jobs = [passwords.hash('a'), passwords.hash('b'), passwords.hash('c')];
  const abandoned = passwords.verify('x', undefined, client.signal);
  client.abort();
  await expect(abandoned).rejects.toThrow();
  expect(passwords.load.waiting).toBe(2);
  await Promise.all(jobs);
});

test('after closing it refuses instead of hanging', async () => {
  await passwords.close();
  await expect(passwords.hash('late')).rejects.toMatchObject({ reason: 'unavailable' });
});
