import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where a whole test run writes down what servers and commands printed, and the secrets that were used meanwhile;
 * `test/secrets/scan.mjs` then looks for one in the other. Not set: nowhere.
 */
const folder = process.env.TEST_RECORD;

const append = (name: string, text: string): void => appendFileSync(join(folder!, `${process.pid}.${name}`), text);

/** What a first start shows on purpose, once, is no leak. */
const shownOnPurpose = /^ {2}(password {2}|curl -i ).*$/gm;

export function recordOutput(text: string): void {
  if (folder) append('output', text.replaceAll(shownOnPurpose, ''));
}

/** Short ones occur by chance, and this one in a mail's sentence. */
const shortest = 12;
const commonWords = new Set(['wrong password']);

export function recordSecret(value: string): string {
  if (folder && value.length >= shortest && !commonWords.has(value)) append('secrets', `${JSON.stringify(value)}\n`);
  return value;
}

const secretHeaders = /^(authorization|x-csrf-token|cookie)$/i;
const secretFields = /^(pass|token|currentPassword|password|passwordConfirmation)$/;

/** Of a request: credentials in its headers, and the fields of its body that hold any. */
export function recordSecretsOf(headers: Record<string, string>, body: unknown): void {
  if (!folder) return;
  for (const [name, value] of Object.entries(headers))
    if (secretHeaders.test(name)) recordSecret(value.replace(/^(Basic|Bearer) |^[^=;]+=/, ''));
  for (const [name, value] of Object.entries(Object(body) as object))
    if (secretFields.test(name) && typeof value === 'string') recordSecret(value);
}
