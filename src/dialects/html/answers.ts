import type { Reason } from '../../errors.js';

/** How a refusal is shown: at a field, on a page of its own, or above the form. */
export interface Answer {
  status: number;
  /** the field the message stands at */
  at?: string;
  /** a guard refused: a page that lets people pass is shown instead */
  instead?: 'sign-in' | 'confirm' | 'locked' | 'unknown-link' | 'expired-link';
  guard?: boolean;
}

const guard = { guard: true };

export const answers: Record<Reason, Answer> = {
  'malformed-body': { status: 400 },
  'body-too-large': { status: 413 },
  'unsupported-type': { status: 415 },
  'not-acceptable': { status: 406 },
  'bad-request': { status: 400 },
  'client-gone': { status: 499 },
  'invalid-input': { status: 422 },
  'cross-site': { status: 403 },
  'not-found': { status: 404 },
  'changed-meanwhile': { status: 409 },
  'method-not-allowed': { status: 405 },

  unauthenticated: { status: 401, instead: 'sign-in', ...guard },
  'no-credentials': { status: 401, instead: 'sign-in', ...guard },
  'provider-not-allowed': { status: 401, instead: 'sign-in', ...guard },
  'csrf-missing': { status: 401, ...guard },
  'csrf-mismatch': { status: 401, ...guard },
  'stale-login': { status: 401, instead: 'confirm' },
  'already-authenticated': { status: 403, ...guard },
  throttled: { status: 429 },
  'not-in-group': { status: 403, ...guard },
  'not-owner': { status: 403, ...guard },
  'not-admin': { status: 403, ...guard },
  'not-permitted': { status: 403, ...guard },

  'logout-token-missing': { status: 401 },
  'logout-token-wrong': { status: 401 },
  'registration-closed': { status: 403 },
  'field-denied': { status: 403 },

  'missing-credentials': { status: 422, at: 'username' },
  // one sentence for both: the form does not tell who has an account, whatever `accounts.conceal` says
  'unknown-user': { status: 422, at: 'password' },
  'wrong-password': { status: 422, at: 'password' },
  locked: { status: 422, instead: 'locked' },
  blocked: { status: 422, at: 'password' },
  'flooded-address': { status: 429 },
  'flooded-user': { status: 429 },

  'unknown-address': { status: 422, at: 'email' },
  'link-unknown': { status: 422, instead: 'unknown-link' },
  'link-expired': { status: 422, instead: 'expired-link' },

  overloaded: { status: 503 },
  unavailable: { status: 503 },
  'upstream-failed': { status: 502 },
  'upstream-timeout': { status: 504 },
  custom: { status: 500 },
  internal: { status: 500 },
};
