import type { Problem, ProblemCode, Reason, RefusalDetail } from '../../errors.js';

/**
 * The refusals of EXT:login on the wire (contract ext-login, sections 1, 2 and 5). `fields` refuses form input: 422 and
 * `{"errors":{"<field>":["<text>"]}}`; `text` is everything else: `{"error":"<text>"}`.
 */
export type Words =
  | { status: number; text: string | ((detail: RefusalDetail) => string); guard?: boolean }
  | { status: number; fields: (detail: RefusalDetail) => Record<string, string[]> };

const field = (name: string, text: string) => ({
  status: 422,
  fields: (detail: RefusalDetail) => ({ [detail.field ?? name]: [text] }),
});

export const words: Record<Reason, Words> = {
  'malformed-body': { status: 400, text: 'Malformed JSON body.' },
  'body-too-large': { status: 413, text: 'Request body is too large.' },
  'unsupported-type': { status: 415, text: 'Unsupported media type.' },
  'not-acceptable': { status: 406, text: 'Not acceptable.' },
  'bad-request': { status: 400, text: 'Bad request.' },
  'client-gone': { status: 499, text: 'Client closed the request.' },
  'invalid-input': { status: 422, fields: ({ problems = [] }) => textsByField(problems) },
  'cross-site': { status: 403, text: 'Cross-site request refused.' },
  'not-found': { status: 404, text: 'Not found.' },
  'changed-meanwhile': { status: 409, text: 'It was changed meanwhile. Read it again.' },
  'method-not-allowed': { status: 405, text: 'Method not allowed.' },

  unauthenticated: { status: 401, text: 'Authentication required.', guard: true },
  'no-credentials': { status: 401, text: 'Authentication required.', guard: true },
  'provider-not-allowed': { status: 401, text: 'Authentication required.', guard: true },
  'csrf-missing': { status: 401, text: 'CSRF token mismatch.', guard: true },
  'csrf-mismatch': { status: 401, text: 'CSRF token mismatch.', guard: true },
  'logout-token-missing': { status: 401, text: 'CSRF token mismatch.', guard: true },
  'logout-token-wrong': { status: 401, text: 'CSRF token mismatch.', guard: true },
  'already-authenticated': { status: 403, text: 'User is already authenticated', guard: true },
  throttled: { status: 429, text: 'Too Many Attempts.' },
  'not-in-group': { status: 403, text: 'User does not belong to required group.', guard: true },
  'not-owner': { status: 403, text: 'User is not a resource owner.', guard: true },
  'not-admin': { status: 403, text: 'Admin user is required.', guard: true },
  'not-permitted': { status: 403, text: 'Permission required.', guard: true },
  'stale-login': { status: 403, text: 'Please confirm your password first.' },

  'missing-credentials': field('username', 'This field is required.'),
  'unknown-user': {
    status: 422,
    fields: ({ concealed }) =>
      concealed ? concealedLogin : { username: ['Provided username is not found.'], password: [wrongPassword()] },
  },
  'wrong-password': {
    status: 422,
    fields: ({ concealed, field }) =>
      field ? { [field]: [wrongPassword()] } : concealed ? concealedLogin : { password: [wrongPassword()] },
  },
  locked: {
    status: 422,
    fields: ({ concealed, field }) =>
      concealed && !field ? concealedLogin : { [field ?? 'username']: ['User has been locked'] },
  },
  blocked: field('username', 'Provided username is not found.'),
  'flooded-address': { status: 429, text: 'Too Many Attempts.' },
  'flooded-user': { status: 429, text: 'Too Many Attempts.' },

  'registration-closed': { status: 403, text: 'Registration is closed.' },
  'field-denied': { status: 403, text: ({ field }) => `The field ${field} may not be changed.` },

  'unknown-address': field('email', 'This email address is not connected to any user in our system.'),
  'link-unknown': field('token', 'Token does not exist'),
  'link-expired': field('token', 'Token expired'),

  overloaded: { status: 503, text: 'Server is busy, try again shortly.' },
  unavailable: { status: 503, text: 'Service temporarily unavailable.' },
  'upstream-failed': { status: 502, text: 'Bad gateway.' },
  'upstream-timeout': { status: 504, text: 'Gateway timeout.' },
  custom: { status: 500, text: ({ message }) => String(message) },
  internal: { status: 500, text: 'Internal error.' },
};

const concealedLogin = { username: ['Username or password is invalid.'] };

/** The published text has no full stop. */
function wrongPassword(): string {
  return 'Password is invalid';
}

export function problemText({ code, values = {} }: Problem): string {
  return problemTexts[code](values);
}

function textsByField(problems: Problem[]): Record<string, string[]> {
  const texts: Record<string, string[]> = {};
  for (const problem of problems) (texts[problem.field] ??= []).push(problemText(problem));
  return texts;
}

const problemTexts: Record<ProblemCode, (values: NonNullable<Problem['values']>) => string> = {
  required: () => 'This field is required.',
  string: () => 'This field must be a string.',
  boolean: () => 'This field must be a boolean.',
  integer: () => 'This field must be an integer.',
  number: () => 'This field must be a number.',
  array: () => 'This field must be a list.',
  object: () => 'This field must be an object.',
  email: () => 'This field must be a valid email address.',
  'too-short': ({ min }) => `This field must have at least ${min} characters.`,
  'too-long': ({ max }) => `This field must have at most ${max} characters.`,
  'too-common': () => 'This password is too common.',
  'contains-context': () => 'This password is too easy to guess.',
  mismatch: () => 'Confirmation password does not match',
  taken: () => 'This value is already taken.',
  wrong: () => 'Password is invalid',
  'unknown-user': () => 'Provided username is not found.',
  'not-allowed': () => 'This value is not allowed.',
  format: ({ format }) => (format ? `This field must be a valid ${format}.` : 'This field has the wrong format.'),
  range: ({ min, max }) =>
    min === undefined ? `This field must be at most ${max}.` : `This field must be at least ${min}.`,
  choice: ({ choices }) => `This field must be one of: ${choices}.`,
  'unknown-field': () => 'This field is not known.',
  'too-many-values': () => 'This field takes one value only.',
  'leading-space': () => 'This field must not begin with a space.',
  'trailing-space': () => 'This field must not end with a space.',
  'repeated-spaces': () => 'This field must not hold several spaces in a row.',
  explained: ({ text }) => String(text),
  invalid: () => 'This field is invalid.',
};
