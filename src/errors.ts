/** The three kinds of wrong: a client's (`Refusal`), an operator's (`Misconfiguration`), ours (anything else). */

/** Why a request is refused. Every dialect has words for each of these, checked by the compiler. */
export type Reason =
  // the request itself
  | 'malformed-body'
  | 'body-too-large'
  | 'unsupported-type'
  | 'not-acceptable'
  | 'bad-request'
  | 'client-gone'
  | 'invalid-input'
  | 'cross-site'
  | 'not-found'
  | 'method-not-allowed'
  // somebody else changed it since it was read
  | 'changed-meanwhile'
  // middleware
  | 'unauthenticated'
  | 'no-credentials'
  | 'provider-not-allowed'
  | 'csrf-missing'
  | 'csrf-mismatch'
  | 'logout-token-missing'
  | 'logout-token-wrong'
  | 'already-authenticated'
  | 'throttled'
  | 'not-in-group'
  | 'not-owner'
  | 'not-admin'
  | 'not-permitted'
  | 'stale-login'
  // logging in
  | 'missing-credentials'
  | 'unknown-user'
  | 'wrong-password'
  | 'locked'
  | 'blocked'
  | 'flooded-address'
  | 'flooded-user'
  // the user's own record
  | 'registration-closed'
  | 'field-denied'
  // links
  | 'unknown-address'
  | 'link-unknown'
  | 'link-expired'
  // the server
  | 'overloaded'
  | 'unavailable'
  | 'upstream-failed'
  | 'upstream-timeout'
  // a user's own module threw an error with a status
  | 'custom'
  | 'internal';

/** When each of them happens, for whoever writes a client. */
export const whenRefused: Record<Reason, string> = {
  'malformed-body': 'The body is no JSON object: `position` is where reading it ended.',
  'body-too-large': 'The body is larger than `http.bodyLimit`.',
  'unsupported-type': 'The body is compressed, or of a type that the endpoint does not read.',
  'not-acceptable': 'The answer was asked for in a format that the endpoint does not have.',
  'bad-request': 'The path holds an escape that is none, or a NUL.',
  'client-gone': 'The client hung up before the answer; only the log sees this.',
  'invalid-input': 'Fields are missing or wrong: all of them are named, each with its messages.',
  'cross-site': 'A page of another site sent something that changes state, and its origin is not in `cors.origins`.',
  'not-found': 'No endpoint has this path, or what it names does not exist.',
  'method-not-allowed': 'The path has no such method; `Allow` lists those it has.',
  'changed-meanwhile': 'Somebody else changed it since it was read.',
  unauthenticated: 'The endpoint is for logged-in users, and no live session (or other proof) came with the request.',
  'no-credentials': 'The same, where name and password may come with the request: `WWW-Authenticate` asks for them.',
  'provider-not-allowed': 'Name and password came with the request, but the endpoint does not take them.',
  'csrf-missing': 'A session cookie came without its token, and nothing else shows that our own page sent the request.',
  'csrf-mismatch': 'The token in `X-CSRF-Token` is not the one of this session.',
  'logout-token-missing': 'The logout did not bring its token.',
  'logout-token-wrong': 'The logout brought a token that is not the one of this session.',
  'already-authenticated': 'The endpoint is for visitors, and somebody is logged in.',
  throttled: 'Too many attempts from this address; `Retry-After` says in how many seconds to come again.',
  'not-in-group': 'The user is in none of the groups that the endpoint is for.',
  'not-owner': 'The request is about another user’s things.',
  'not-admin': 'The endpoint is for administrators.',
  'not-permitted': 'No role of the user has the permission for this.',
  'stale-login': 'The login is too long ago for this: let the user confirm the password, then ask again.',
  'missing-credentials': 'The login came without name or password.',
  'unknown-user': 'Nobody has this name. With `accounts.conceal` a wrong password is answered alike.',
  'wrong-password': 'The password is wrong.',
  locked: 'The password is right, but wrong ones have locked the account for a while.',
  blocked: 'An administrator has switched the account off, or it was never activated.',
  'flooded-address': 'Too many failed logins from this address.',
  'flooded-user': 'Too many failed logins for this user.',
  'registration-closed': 'Visitors may not register.',
  'field-denied': 'The caller may not set this field.',
  'unknown-address': 'Nobody has this e-mail address; not told with `accounts.conceal`.',
  'link-unknown': 'The token of a mailed link is wrong or was used already.',
  'link-expired': 'The token of a mailed link is too old.',
  overloaded: 'Too many passwords are being verified; `Retry-After` says when to come again.',
  unavailable: 'The database is out of reach, or the server stops; `Retry-After` says when to come again.',
  'upstream-failed': 'The backend of a `proxy` cannot be reached or answered nonsense.',
  'upstream-timeout': 'The backend of a `proxy` took longer than its `timeout`.',
  custom: 'A module of your own threw an error with this status and text.',
  internal: 'A mistake of ours: the log has its story under `requestId`.',
};

/** Of whoever limits failed logins inside the login itself. */
export const floodReasons: Reason[] = ['flooded-address', 'flooded-user'];

/** What is wrong with one field of the input. Dialects hold a text for each code. */
export type ProblemCode =
  | 'required'
  | 'string'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'array'
  | 'object'
  | 'email'
  | 'too-short'
  | 'too-long'
  | 'too-common'
  | 'contains-context'
  | 'mismatch'
  | 'taken'
  | 'wrong'
  | 'unknown-user'
  | 'not-allowed'
  | 'format'
  | 'range'
  | 'choice'
  | 'unknown-field'
  | 'too-many-values'
  | 'leading-space'
  | 'trailing-space'
  | 'repeated-spaces'
  | 'explained'
  | 'invalid';

/**
 * One wrong field: `field` is its name (dots for nested ones), `values` fill the dialect's text: `min` or `max` of
 * too-short, too-long and range, `choices`, `format`.
 */
export interface Problem {
  field: string;
  code: ProblemCode;
  values?: Record<string, string | number>;
}

export interface RefusalDetail {
  /** for `invalid-input`: every failing field at once */
  problems?: Problem[];
  /** seconds, becomes `Retry-After` */
  retryAfter?: number;
  /** for `method-not-allowed` */
  allow?: string[];
  /** for `malformed-body`: offset of the first wrong character */
  position?: number;
  /** the field a form client should show the message at; the dialect falls back to the route's first input field */
  field?: string;
  /** response headers that belong to the refusal (`RateLimit`, `WWW-Authenticate`, …) */
  headers?: Record<string, string>;
  /** anything a dialect's words need: a permission's or field's name, a bad header's value … */
  [key: string]: unknown;
}

/** An expected no. Thrown by the domain and by middleware, answered by the dialect, logged at info. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: Reason;
  readonly detail: RefusalDetail;

  /** Without a stack: nobody reads that of an expected no, and a flood of refusals should not pay for taking it. */
  constructor(reason: Reason, detail: RefusalDetail = {}) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
    this.detail = detail;
  }
}

/** Where a mistake stands: 1-based line and column, `length` characters are underlined. */
export interface Place {
  file: string;
  line: number;
  column: number;
  length?: number;
  /** the source line, for the excerpt */
  excerpt?: string;
}

export interface Mistake {
  place?: Place;
  /** e.g. `login_logins-auth.handler` or `session.cookie.sameSite` */
  key?: string;
  message: string;
}

/** One or more mistakes of the operator, found at start or reload. Printed by `describeMistake`, exit code 78. */
export class Misconfiguration extends Error {
  override readonly name = 'Misconfiguration';
  constructor(readonly mistakes: Mistake[]) {
    super(mistakes.map(describeMistake).join('\n'));
  }
}

/** `file:line:col key: message`, the excerpt and a caret below (contract routes-yaml, section 3). */
export function describeMistake({ place, key, message }: Mistake): string {
  const subject = key ? `${key}: ${message}` : message;
  if (!place) return subject;
  const head = `${place.file}:${place.line}:${place.column} ${subject}`;
  return place.excerpt === undefined ? head : `${head}\n${describeExcerpt(place, place.excerpt)}`;
}

/** The same for what is only worth a warning. */
export function describeWarning(mistake: Mistake): string {
  return describeMistake({ ...mistake, message: `warning: ${mistake.message}` });
}

/** Longer lines (a whole file in one line, a minified schema) are shown around the mistake only. */
const excerptWidth = 120;

function describeExcerpt({ line, column, length = 1 }: Place, excerpt: string): string {
  const from = excerpt.length > excerptWidth ? Math.max(0, column - 1 - excerptWidth / 2) : 0;
  const shown = excerpt.slice(from, from + excerptWidth);
  const before = shown.slice(0, column - 1 - from);
  // a tab stays a tab, so that the caret stands below its token whatever the terminal makes of it
  const indent = before.replace(/[^\t]/g, ' ');
  const caret = '^'.repeat(Math.max(1, Math.min(length, shown.length - before.length)));
  return `${String(line).padStart(5)} | ${shown}\n${' '.repeat(5)} | ${indent}${caret}`;
}
