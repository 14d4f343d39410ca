import type { User } from '../stores/contract.js';
import { sameText } from './csrf.js';
import type { Services, Visitor } from './services.js';
import { csrfTokenOf, logoutTokenOf } from './session.js';

/** What a request that wants to end a session shows. */
export interface LogoutEvidence {
  /** the token of the link; undefined = none */
  token: string | undefined;
  /** the token of forms; a page that was loaded again has lost the other one */
  csrfToken: string | undefined;
  /** undefined = nobody is logged in: no token is right then */
  sessionId: string | undefined;
}

/** Ending somebody's session is theirs to want: another site's link or picture must not do it. */
export function logoutVerdict({ token, csrfToken, sessionId }: LogoutEvidence): 'passes' | 'missing' | 'wrong' {
  if (token !== undefined) return sessionId && sameText(token, logoutTokenOf(sessionId)) ? 'passes' : 'wrong';
  return csrfToken && sessionId && sameText(csrfToken, csrfTokenOf(sessionId)) ? 'passes' : 'missing';
}

/** The event of a logout; the session itself ends with the answer. */
export function tellLogout(services: Services, user: User | undefined, visitor: Visitor): void {
  if (!user) return;
  services.tell({
    type: 'logout',
    at: services.clock.now(),
    origin: visitor,
    userId: user.id,
    username: user.username,
  });
}
