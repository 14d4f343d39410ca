// @ts-check
/**
 * Which bcrypt does the work: native code where the package `bcrypt` could be installed (a fifth less time a hash on the
 * machines measured; `@node-rs/bcrypt` a tenth), bcryptjs otherwise. Plain JavaScript, for the worker threads.
 */
import { hashSync } from 'bcryptjs';
import { useEngine } from './password-hashes.js';

/** @typedef {import('./password-hashes.js').Bcrypt} Bcrypt */

/**
 * @returns {Promise<string>} the name of the package in use
 */
export async function loadEngine() {
  const name = 'bcrypt';
  const native = await loadNative(name);
  if (!native || !isFaithful(native)) return 'bcryptjs';
  useEngine(native);
  return name;
}

/** What implementations are known to differ in: nothing, a NUL, non-ASCII, more than 72 bytes, more than 255. */
const touchstones = ['', 'a\0b', 'ü🦊'.repeat(5), 'x'.repeat(73), 'x'.repeat(300)];
const setting = '$2b$04$abcdefghijklmnopqrstuu';

/**
 * A hash that one implementation makes and the other refuses locks people out: it has to agree before it is used.
 * @param {Bcrypt} engine
 * @returns {boolean}
 */
export function isFaithful(engine) {
  try {
    return touchstones.every((password) => engine(password, setting) === hashSync(password, setting));
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @returns {Promise<Bcrypt | undefined>}
 */
async function loadNative(name) {
  try {
    const { default: native } = await import(name);
    // it knows no `$2y$`, which is the same
    return (password, setting) => native.hashSync(password, `$2b$${setting.slice(4, 29)}`);
  } catch {
    return undefined;
  }
}
