// @ts-check
/**
 * How passwords are stored, and how those of other systems are verified for people who move.
 * Plain JavaScript, because worker threads load it as it is: from dist, and from src under jest.
 *
 * Ours is passlib's bcrypt-sha256, version 2:
 *
 *     $bcrypt-sha256$v=2,t=2b,r=<cost>$<salt>$<digest>
 *     digest = bcrypt(cost, salt, base64(HMAC-SHA-256(key: salt, password as UTF-8)))
 *
 * bcrypt alone stops at 72 bytes, and in C at a NUL; the 44 characters of the HMAC carry the whole password. It is keyed
 * with the salt, so that leaked unsalted SHA-256 hashes of other sites cannot be tried instead of passwords.
 *
 * Foreign hashes are verified as their own system did: plain bcrypt looks at the first 72 bytes. `needsRehash` says true for
 * all of them, so the next login replaces them (ASVS 6.2.8 and 11.4.1 with this one documented exception).
 */
import { encodeBase64, hashSync } from 'bcryptjs';
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Above 16 one verification takes longer than anybody waits; below 4 bcrypt does not go. */
export const costs = { least: 4, most: 16 };

/** Nothing longer is looked at: argon2's longest is about 200. */
const maxHashLength = 512;

/** phpass loops over the password itself; its own limits, so that a long one does not cost seconds. */
const maxPhpassBytes = 4096;
const maxPhpass512Bytes = 512;
const itoa64 = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const phpassExponents = { least: 7, most: 18 };
const maxPbkdf2Rounds = 2_000_000;
/** KiB, and KiB × passes: four times what PHP uses by default */
const maxArgon2Memory = 262_144;
const maxArgon2Work = 4_194_304;

/**
 * @typedef {(password: string, match: string[]) => boolean | Promise<boolean>} Verify
 * @typedef {{ name: string, pattern: RegExp, affordable: (match: string[]) => boolean, verify: Verify }} Kind
 * @typedef {(password: string, setting: string) => string} Bcrypt
 */

/** @type {Kind[]} */
const kinds = [
  {
    name: 'bcrypt-sha256',
    pattern: /^\$bcrypt-sha256\$v=2,t=2b,r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/,
    affordable: ([, cost]) => within(Number(cost), costs),
    verify: (password, [hash, cost, salt]) => same(ours(password, Number(cost), salt ?? ''), hash),
  },
  {
    name: 'bcrypt',
    pattern: /^(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$/,
    affordable: ([, , cost]) => within(Number(cost), costs),
    verify: (password, [hash, setting]) => same(engine(password, setting ?? '').slice(29), hash?.slice(29)),
  },
  {
    name: 'argon2',
    pattern:
      /^\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,2})\$[A-Za-z0-9+/]{8,86}\$[A-Za-z0-9+/]{8,172}$/,
    affordable: ([, memory, passes]) =>
      Number(memory) <= maxArgon2Memory && Number(memory) * Number(passes) <= maxArgon2Work,
    verify: async (password, [hash]) => (await loadArgon2())?.verifySync(hash ?? '', password) ?? false,
  },
  {
    name: 'pbkdf2-sha256',
    pattern: /^\$pbkdf2-sha256\$(\d{1,7})\$([A-Za-z0-9./+]{4,172})\$([A-Za-z0-9./+]{16,172})$/,
    affordable: ([, rounds]) => within(Number(rounds), { least: 1, most: maxPbkdf2Rounds }),
    verify: pbkdf2,
  },
  {
    name: 'phpass',
    pattern: /^\$[PH]\$([./A-Za-z0-9])([./A-Za-z0-9]{8})[./A-Za-z0-9]{22}$/,
    affordable: ([, exponent]) => within(itoa64.indexOf(exponent ?? ''), phpassExponents),
    verify: (password, match) => phpass(password, match, 'md5', maxPhpassBytes),
  },
  {
    // and what its makers' upgrade from bare MD5 hashes left behind: `U$S$`, the MD5 hashed once more
    name: 'phpass-sha512',
    pattern: /^U?\$S\$([./A-Za-z0-9])([./A-Za-z0-9]{8})[./A-Za-z0-9]{43}$/,
    affordable: ([, exponent]) => within(itoa64.indexOf(exponent ?? ''), phpassExponents),
    verify: phpass512,
  },
];

/**
 * @param {string} password
 * @param {number} cost
 * @returns {string}
 */
export function hashPassword(password, cost) {
  return ours(password, cost, encodeBase64(randomBytes(16), 16));
}

/**
 * Never throws and never takes longer than some seconds, whatever stands in the database.
 * @param {string} password
 * @param {string} hash
 * @returns {Promise<boolean>}
 */
export async function verifyPassword(password, hash) {
  const found = findKind(hash);
  if (!found) return false;
  try {
    return await found.kind.verify(password, found.match);
  } catch {
    return false;
  }
}

/**
 * Does the work that a wrong password at this hash lacks of one at `cost`: a hash that was stored more cheaply would tell
 * by its time that there is such a user (ASVS 6.3.8).
 * @param {string} password
 * @param {string} hash
 * @param {number} cost
 */
export function spendTheRest(password, hash, cost) {
  for (const missing of missingCosts(hash, cost)) ours(password, missing, nobodysSalt);
}

const nobodysSalt = encodeBase64(randomBytes(16), 16);

/**
 * Each step of the cost is twice the work, so 10 lacks 10 and 11 of 12. What other kinds take is not known; they get the
 * whole of it on top.
 * @param {string} hash
 * @param {number} cost
 * @returns {number[]}
 */
export function missingCosts(hash, cost) {
  const found = findKind(hash);
  const own = found && bcryptCost(found);
  if (own === undefined) return [cost];
  return Array.from({ length: Math.max(0, cost - own) }, (_, step) => own + step);
}

/**
 * @param {{ kind: Kind, match: string[] }} found
 * @returns {number | undefined}
 */
function bcryptCost({ kind, match }) {
  if (kind.name === 'bcrypt-sha256') return Number(match[1]);
  return kind.name === 'bcrypt' ? Number(match[2]) : undefined;
}

/**
 * The kind of hash, by which an import or a list of users can tell; undefined = nobody can log in with it.
 * @param {string} hash
 * @returns {string | undefined}
 */
export function kindOfHash(hash) {
  return findKind(hash)?.kind.name;
}

/**
 * @param {string} hash
 * @param {number} cost
 * @returns {boolean}
 */
export function isWeakerThan(hash, cost) {
  const found = findKind(hash);
  return found?.kind.name !== 'bcrypt-sha256' || Number(found.match[1]) < cost;
}

/**
 * Looks like ours and costs the same to verify, but belongs to no password.
 * @param {number} cost
 * @returns {string}
 */
export function decoyHash(cost) {
  return format(cost, encodeBase64(randomBytes(16), 16), encodeBase64(randomBytes(24), 23));
}

/** @type {Bcrypt} */
let engine = (password, setting) => hashSync(password, setting);

/**
 * Another implementation of bcrypt, once it has proven to give the same hashes.
 * @param {Bcrypt} other
 */
export function useEngine(other) {
  engine = other;
}

/** @param {string} hash */
function findKind(hash) {
  if (typeof hash !== 'string' || hash.length > maxHashLength) return undefined;
  for (const kind of kinds) {
    const match = kind.pattern.exec(hash);
    if (match) return kind.affordable(match) ? { kind, match: [...match] } : undefined;
  }
  return undefined;
}

/**
 * @param {string} password
 * @param {number} cost
 * @param {string} salt
 */
function ours(password, cost, salt) {
  const whole = createHmac('sha256', salt).update(password, 'utf8').digest('base64');
  return format(cost, salt, engine(whole, `$2b$${String(cost).padStart(2, '0')}$${salt}`).slice(29));
}

/**
 * @param {number} cost
 * @param {string} salt
 * @param {string} digest
 */
function format(cost, salt, digest) {
  return `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${digest}`;
}

/** @type {Verify} this format writes base64 with `.` for `+` and without padding */
function pbkdf2(password, [, rounds, salt = '', digest = '']) {
  const expected = Buffer.from(digest.replaceAll('.', '+'), 'base64');
  const key = Buffer.from(salt.replaceAll('.', '+'), 'base64');
  return timingSafeEqual(pbkdf2Sync(password, key, Number(rounds), expected.length, 'sha256'), expected);
}

/** @type {Verify} */
function phpass512(password, match) {
  if (!match[0]?.startsWith('U')) return phpass(password, match, 'sha512', maxPhpass512Bytes);
  const first = createHash('md5').update(password, 'utf8').digest('hex');
  return phpass(first, [match[0].slice(1), ...match.slice(1)], 'sha512', maxPhpass512Bytes);
}

/**
 * The portable hashes of phpass: 2^n rounds of a fast hash, the result cut to the length it is stored with.
 * @param {string} password
 * @param {string[]} match
 * @param {'md5' | 'sha512'} algorithm
 * @param {number} limit
 */
function phpass(password, [hash = '', exponent = '', salt = ''], algorithm, limit) {
  const bytes = Buffer.from(password, 'utf8');
  if (bytes.length > limit) return false;
  let digest = createHash(algorithm).update(salt, 'latin1').update(bytes).digest();
  for (let round = 2 ** itoa64.indexOf(exponent); round > 0; round--) {
    digest = createHash(algorithm).update(digest).update(bytes).digest();
  }
  return same(`${hash.slice(0, 12)}${encode64(digest)}`.slice(0, hash.length), hash);
}

/**
 * phpass's own base64: little-endian groups of three bytes.
 * @param {Buffer} bytes
 */
function encode64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    const letters = Math.min(4, bytes.length - at + 1);
    for (let letter = 0; letter < letters; letter++) text += itoa64[(group >> (6 * letter)) & 63];
  }
  return text;
}

/** @type {Promise<{ verifySync(hash: string, password: string): boolean } | undefined | void> | undefined} */
let argon2;

/** Optional: it has native code, and only those need it who import argon2 hashes. */
function loadArgon2() {
  const name = '@node-rs/argon2';
  argon2 ??= import(name).catch(() => process.emitWarning(`argon2 hashes cannot be verified: install ${name}`));
  return argon2;
}

/**
 * @param {string} a
 * @param {string | undefined} b
 */
function same(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b ?? '')];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * @param {number} value
 * @param {{ least: number, most: number }} limits
 */
function within(value, { least, most }) {
  return value >= least && value <= most;
}
