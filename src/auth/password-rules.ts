import type { Problem, ProblemCode } from '../errors.js';
import type { User } from '../stores/contract.js';
import { isCommonPassword } from './common-passwords.js';

export const longestPassword = 1024;

export interface PasswordRules {
  minLength: number;
  /** the product, the company: words no password may contain */
  contextWords: string[];
}

export type PasswordOwner = Partial<Pick<User, 'username' | 'email' | 'firstName' | 'lastName' | 'name'>>;

/**
 * What is wrong with a password somebody wants to set; never asked at login (contract ext-login, sections 2.1 and 6).
 * No composition rules: length and being unknown are what helps (NIST 800-63B, ASVS 6.2.5).
 */
export function passwordProblems(
  password: string,
  rules: PasswordRules,
  owner: PasswordOwner = {},
  field = 'password',
): Problem[] {
  const characters = countCharacters(password);
  if (characters < rules.minLength) return [{ field, code: 'too-short', values: { min: rules.minLength } }];
  if (characters > longestPassword) return [{ field, code: 'too-long', values: { max: longestPassword } }];
  const codes: ProblemCode[] = [];
  if (isCommonPassword(password)) codes.push('too-common');
  if (containsContext(password, rules.contextWords) || isOwnersName(password, owner)) codes.push('contains-context');
  return codes.map((code) => ({ field, code }));
}

/** Code points, as people count: an emoji is one. */
function countCharacters(text: string): number {
  return text.length > 2 * longestPassword ? text.length : Array.from(text).length;
}

function containsContext(password: string, words: string[]): boolean {
  const folded = fold(password);
  return words.some((word) => word.trim() !== '' && folded.includes(fold(word.trim())));
}

/** The name alone, or with digits and signs around it (`Bob!2026`); a sentence that mentions it is fine. */
function isOwnersName(password: string, owner: PasswordOwner): boolean {
  const own = namesOf(owner);
  return own.has(fold(password)) || own.has(bare(password));
}

function namesOf({ username = '', email = '', firstName = '', lastName = '', name = '' }: PasswordOwner): Set<string> {
  const local = email.split('@')[0]!;
  const names = [
    username,
    email,
    local,
    name,
    `${firstName}${lastName}`,
    `${firstName} ${lastName}`,
    lastName,
    firstName,
  ];
  return new Set(names.flatMap((one) => [fold(one.trim()), bare(one)]).filter((one) => one !== ''));
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function bare(text: string): string {
  return fold(text).replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}
