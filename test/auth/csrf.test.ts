import { expect, test } from '@jest/globals';
import { csrfVerdict, type CsrfEvidence } from '../../src/auth/csrf.js';
import { csrfTokenOf, newSessionId } from '../../src/auth/session.js';

const sessionId = newSessionId();
const nothing: CsrfEvidence = {
  token: undefined,
  sessionId,
  fetchSite: undefined,
  origin: undefined,
  originIsKnown: false,
};
const verdict = (evidence: Partial<CsrfEvidence>, strictness: 'origin' | 'same-origin' | 'token' = 'origin') =>
  csrfVerdict({ ...nothing, ...evidence }, strictness);

test('the session’s token passes, and so does the cookie’s own value, as the published curl lines send it', () => {
  expect(verdict({ token: csrfTokenOf(sessionId), fetchSite: 'cross-site' })).toBe('passes');
  expect(verdict({ token: sessionId })).toBe('passes');
});

test('a wrong token refuses whatever else speaks for the request', () => {
  expect(verdict({ token: csrfTokenOf(newSessionId()), fetchSite: 'same-origin' })).toBe('wrong');
  expect(verdict({ token: 'x'.repeat(43) })).toBe('wrong');
});

test('an empty token is a wrong one, unless the dialect takes it for none', () => {
  expect(verdict({ token: '', fetchSite: 'same-origin' })).toBe('wrong');
});

test('where only the token counts, the cookie’s value is none', () => {
  expect(verdict({ token: sessionId }, 'token')).toBe('wrong');
  expect(verdict({ token: csrfTokenOf(sessionId) }, 'token')).toBe('passes');
});

test.each([
  ['same-origin', undefined, false, 'passes'],
  ['none', undefined, false, 'passes'],
  ['same-site', undefined, false, 'missing'],
  ['cross-site', 'https://app.example', true, 'missing'],
  [undefined, undefined, false, 'passes'],
  [undefined, 'https://app.example', true, 'passes'],
  [undefined, 'https://evil.example', false, 'missing'],
])('without a token, Sec-Fetch-Site %s and Origin %s (known: %s): %s', (fetchSite, origin, originIsKnown, expected) => {
  expect(verdict({ fetchSite, origin, originIsKnown })).toBe(expected);
});

test('under csrf.require: token only the token or same-origin counts', () => {
  expect(verdict({ fetchSite: 'same-origin' }, 'same-origin')).toBe('passes');
  expect(verdict({ fetchSite: 'none' }, 'same-origin')).toBe('missing');
  expect(verdict({}, 'same-origin')).toBe('missing');
  expect(verdict({ fetchSite: 'same-origin' }, 'token')).toBe('missing');
});
