import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Keys } from './services.js';

const ivLength = 12;
const tagLength = 16;

/**
 * Keys from the operator's secrets: HKDF-SHA-256 (RFC 5869), one key per secret, use and purpose, so that what was made for
 * one purpose is worth nothing for another. The first secret signs and encrypts, all verify and decrypt: put a new one in
 * front, and take the old one away when what it made has expired (ASVS 11.2.2, 13.3.4).
 */
export function createKeys(secrets: readonly string[]): Keys {
  if (secrets.length === 0 || secrets.includes(''))
    throw new Error('keys need at least one secret, and none may be empty');
  const signing = keyring(secrets, 'sign');
  const sealing = keyring(secrets, 'encrypt');

  return {
    sign: (purpose, text) => mac(signing(purpose)[0]!, text).toString('base64url'),
    verify(purpose, text, signature) {
      const given = Buffer.from(signature, 'base64url');
      // base64url decodes leniently: only the one spelling that `sign` makes counts
      if (given.toString('base64url') !== signature) return false;
      return signing(purpose).some((key) => same(mac(key, text), given));
    },
    encrypt: (purpose, text) => seal(sealing(purpose)[0]!, text),
    decrypt(purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < ivLength + tagLength) return undefined;
      for (const key of sealing(purpose)) {
        const text = open(key, bytes);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

/** Purposes are words of the code, never a client's: the list stays short. */
function keyring(secrets: readonly string[], use: string): (purpose: string) => Buffer[] {
  const known = new Map<string, Buffer[]>();
  return (purpose) => {
    const keys = known.get(purpose) ?? secrets.map((secret) => derive(secret, `${use}:${purpose}`));
    known.set(purpose, keys);
    return keys;
  };
}

function derive(secret: string, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'gatehouse', info, 32));
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** AES-256-GCM: iv, tag and cipher text. */
function seal(key: Buffer, text: string): string {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength });
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function open(key: Buffer, bytes: Buffer): string | undefined {
  const iv = bytes.subarray(0, ivLength);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength });
  decipher.setAuthTag(bytes.subarray(ivLength, ivLength + tagLength));
  try {
    const body = bytes.subarray(ivLength + tagLength);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
