import { timingSafeEqual } from 'node:crypto';
import { csrfTokenOf } from './session.js';

/** What a request shows to prove that its own page sent it. */
export interface CsrfEvidence {
  /** undefined = none was sent */
  token: string | undefined;
  /** the session cookie's value; the published curl examples send it as the token */
  sessionId: string;
  /** `Sec-Fetch-Site` */
  fetchSite: string | undefined;
  origin: string | undefined;
  originIsKnown: boolean;
}

/** What counts besides a token: fetch metadata and origin, `same-origin` alone, or nothing. */
export type CsrfStrictness = 'origin' | 'same-origin' | 'token';

/**
 * `missing`: nothing speaks for the request. `wrong`: a token was sent and is not this session's; that refuses whatever
 * else speaks for it (contract ext-login, section 5; ASVS 3.5.1).
 */
export function csrfVerdict(evidence: CsrfEvidence, strictness: CsrfStrictness): 'passes' | 'missing' | 'wrong' {
  if (evidence.token !== undefined) return isRight(evidence.token, evidence.sessionId, strictness) ? 'passes' : 'wrong';
  return speaksForItself[strictness](evidence) ? 'passes' : 'missing';
}

const speaksForItself: Record<CsrfStrictness, (evidence: CsrfEvidence) => boolean> = {
  origin: ({ fetchSite, origin, originIsKnown }) =>
    fetchSite === undefined
      ? origin === undefined || originIsKnown
      : fetchSite === 'same-origin' || fetchSite === 'none',
  'same-origin': ({ fetchSite }) => fetchSite === 'same-origin',
  token: () => false,
};

/** The published curl examples of one family send the cookie's value as the token. */
function isRight(token: string, sessionId: string, strictness: CsrfStrictness): boolean {
  return sameText(token, csrfTokenOf(sessionId)) || (strictness !== 'token' && sameText(token, sessionId));
}

/** In constant time for texts of equal length; lengths are no secret. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
