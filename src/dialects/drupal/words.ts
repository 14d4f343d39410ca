import type { Problem, ProblemCode, Reason, RefusalDetail } from '../../errors.js';

/** The refusals of Drupal's user endpoints on the wire: a status and `{"message":"<text>"}` (contract, sections 1 to 5). */
export interface Words {
  status: number;
  text: string | ((detail: RefusalDetail, address: () => string) => string);
}

const invalidToken = 'X-CSRF-Token request header is invalid';
const unrecognized = 'Unrecognized username or password.';
const busy = 'The website is busy. Try again later.';

/** `address` is the request's, `GET http://host/path`, as Drupal names it. */
export const words: Record<Reason, Words> = {
  'malformed-body': { status: 400, text: 'Syntax error' },
  'body-too-large': { status: 413, text: 'The request body is too large.' },
  'unsupported-type': { status: 415, text: ({ type }) => typeText(type) },
  'not-acceptable': { status: 406, text: ({ supported }) => formatText(supported) },
  'bad-request': { status: 400, text: ({ message }) => textOr(message, 'Bad request.') },
  'client-gone': { status: 499, text: 'The client closed the request.' },
  'invalid-input': { status: 422, text: ({ message, problems }) => textOr(message, linesOf(problems)) },
  'cross-site': { status: 403, text: 'Cross-site request refused.' },
  'not-found': { status: 404, text: (_detail, address) => `No route found for "${address()}"` },
  'changed-meanwhile': { status: 409, text: 'It was changed meanwhile.' },
  'method-not-allowed': {
    status: 405,
    text: ({ allow = [] }, address) =>
      `No route found for "${address()}": Method Not Allowed (Allow: ${allow.join(', ')})`,
  },

  unauthenticated: { status: 403, text: 'This route can only be accessed by authenticated users.' },
  'no-credentials': { status: 401, text: 'No authentication credentials provided.' },
  'provider-not-allowed': { status: 403, text: 'The used authentication method is not allowed on this route.' },
  'csrf-missing': { status: 403, text: 'X-CSRF-Token request header is missing' },
  'csrf-mismatch': { status: 403, text: invalidToken },
  'logout-token-missing': { status: 403, text: "'csrf_token' URL query argument is missing." },
  'logout-token-wrong': { status: 403, text: "'csrf_token' URL query argument is invalid." },
  'already-authenticated': {
    status: 403,
    text: ({ message }) => textOr(message, 'This route can only be accessed by anonymous users.'),
  },
  throttled: { status: 429, text: 'Too many requests. Try again later.' },
  'not-in-group': { status: 403, text: 'The user does not have the required role.' },
  'not-owner': {
    status: 403,
    text: "Users can only update their own account, unless they have the 'administer users' permission.",
  },
  'not-admin': { status: 403, text: "The 'administrator' role is required." },
  'not-permitted': { status: 403, text: ({ permission }) => `The '${String(permission)}' permission is required.` },
  'stale-login': { status: 403, text: 'Log in again first.' },

  'missing-credentials': { status: 400, text: missingText },
  'unknown-user': { status: 400, text: unrecognized },
  'wrong-password': { status: 400, text: unrecognized },
  locked: { status: 400, text: unrecognized },
  blocked: { status: 400, text: 'The user has not been activated or is blocked.' },
  'flooded-address': { status: 403, text: 'Access is blocked because of IP based flood prevention.' },
  'flooded-user': { status: 403, text: floodText },

  'registration-closed': { status: 403, text: 'You cannot register a new user account.' },
  'field-denied': {
    status: 403,
    text: ({ action = 'updating', field }) => `Access denied on ${String(action)} field '${wireName(field)}'.`,
  },

  'unknown-address': { status: 400, text: 'Unrecognized username or email address.' },
  'link-unknown': {
    status: 403,
    text: 'This one-time login link has already been used or is no longer valid. Request a new one.',
  },
  'link-expired': { status: 403, text: 'This one-time login link has expired. Request a new one.' },

  overloaded: { status: 503, text: busy },
  unavailable: { status: 503, text: busy },
  'upstream-failed': { status: 502, text: 'The service behind this route cannot be reached.' },
  'upstream-timeout': { status: 504, text: 'The service behind this route does not answer.' },
  custom: { status: 500, text: ({ message }) => String(message) },
  internal: { status: 500, text: 'The website encountered an unexpected error. Try again later.' },
};

function textOr(message: unknown, otherwise: string): string {
  return typeof message === 'string' ? message : otherwise;
}

function typeText(type: unknown): string {
  if (typeof type !== 'string') return 'No "Content-Type" request header specified';
  return `No route found that matches "Content-Type: ${type}"`;
}

function formatText(supported: unknown): string {
  const formats = (supported as string[]).join(', ');
  return `No route found for the specified format. Supported formats: ${formats}.`;
}

function missingText({ missing, either }: RefusalDetail): string {
  const names = (missing as string[]).map((name) => `credentials.${name}`);
  if (either) return `Missing ${names.join(' or ')}`;
  return names.length > 1 ? 'Missing credentials.' : `Missing ${names[0]}.`;
}

function floodText({ userOnly, limit }: RefusalDetail): string {
  if (!userOnly) return 'Too many failed login attempts from your IP address. This IP address is temporarily blocked.';
  return `There have been more than ${String(limit)} failed login attempts for this account. It is temporarily blocked. Try again later or request a new password.`;
}

/** Where the domain's fields are on the wire, and what people call them. */
const names: Record<string, { wire: string; label: string }> = {
  username: { wire: 'name', label: 'Name' },
  password: { wire: 'pass', label: 'Password' },
  email: { wire: 'mail', label: 'Email' },
  language: { wire: 'preferred_langcode', label: 'Site language' },
  timezone: { wire: 'timezone', label: 'Timezone' },
  disabled: { wire: 'status', label: 'User status' },
  groups: { wire: 'roles', label: 'Roles' },
  admin: { wire: 'roles', label: 'Roles' },
};

function wireName(field = ''): string {
  return names[field]?.wire ?? field;
}

/** One line per violation, each ending in a line feed. */
function linesOf(problems: Problem[] = []): string {
  return `Unprocessable Entity: validation failed.\n${problems.map((problem) => `${lineOf(problem)}\n`).join('')}`;
}

function lineOf(problem: Problem): string {
  const place = wholeField.has(problem.code) || ownText(problem) ? '' : '.0.value';
  return `${wireName(problem.field)}${place}: ${problemText(problem)}`;
}

export function problemText(problem: Problem): string {
  const { field, code, values = {} } = problem;
  return (ownText(problem) ?? texts[code])(values, names[field]?.label ?? field);
}

type Text = (values: NonNullable<Problem['values']>, label: string) => string;

/** Violations of the field as a whole, not of one of its values. */
const wholeField: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'required',
  'too-many-values',
  'wrong',
  'taken',
  'unknown-field',
]);

function ownText({ field, code }: Problem): Text | undefined {
  return ownTexts[`${field} ${code}`];
}

const ownTexts: Partial<Record<string, Text>> = {
  'username required': () => 'You must enter a username.',
  'username leading-space': () => 'The username cannot begin with a space.',
  'username trailing-space': () => 'The username cannot end with a space.',
  'username repeated-spaces': () => 'The username cannot contain multiple spaces in a row.',
  'username invalid': () => 'The username contains an invalid character.',
  'username too-long': ({ value, max }) => `The username ${value} is too long: it must be ${max} characters or less.`,
  'username taken': ({ value }) => `The username ${value} is already taken.`,
  'groups choice': ({ value }) => `The role ${value} does not exist.`,
  'email required': () => 'Email field is required.',
  'email taken': ({ value }) => `The email address ${value} is already taken.`,
};

const texts: Record<ProblemCode, Text> = {
  required: (_values, label) => `${label} field is required.`,
  string: () => 'This value should be of the correct primitive type.',
  boolean: () => 'This value should be of the correct primitive type.',
  integer: () => 'This value should be of the correct primitive type.',
  number: () => 'This value should be of the correct primitive type.',
  array: () => 'This value should be of the correct primitive type.',
  object: () => 'This value should be of the correct primitive type.',
  email: () => 'This value is not a valid email address.',
  'too-short': ({ min }) => `This value is too short. It should have ${min} characters or more.`,
  'too-long': ({ max }) => `This value is too long. It should have ${max} characters or less.`,
  'too-common': () => 'This password is too common.',
  'contains-context': () => 'This password is too easy to guess.',
  mismatch: () => 'The specified passwords do not match.',
  taken: (_values, label) => `This ${label} is already taken.`,
  wrong: (_values, label) => `Your current password is missing or incorrect; it's required to change the ${label}.`,
  'unknown-user': () => 'There is no such user.',
  'not-allowed': () => 'This value is not allowed.',
  format: () => 'This value is not valid.',
  range: () => 'This value is out of range.',
  choice: () => 'The value you selected is not a valid choice.',
  'unknown-field': () => 'This field is unknown.',
  'too-many-values': (_values, label) => `${label}: this field cannot hold more than 1 values.`,
  'leading-space': () => 'This value cannot begin with a space.',
  'trailing-space': () => 'This value cannot end with a space.',
  'repeated-spaces': () => 'This value cannot contain multiple spaces in a row.',
  explained: ({ text }) => String(text),
  invalid: () => 'This value is not valid.',
};
