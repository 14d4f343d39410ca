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

  /** Without a stack: nobody reads that of an expected no, and taking it costs more than the rest of a 404. */
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
