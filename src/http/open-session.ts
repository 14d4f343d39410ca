import type { Context } from 'koa';
import { tellLogin } from '../auth/login.js';
import { csrfTokenOf, endIfOvertaken, logoutTokenOf } from '../auth/session.js';
import type { Services } from '../auth/services.js';
import type { Session, User } from '../stores/contract.js';
import { orKeepCookies } from './cookies.js';
import { startSession } from './session.js';
import { stateOf } from './state.js';

export interface Entry {
  user: User;
  remember: boolean;
  factor: Parameters<typeof tellLogin>[3];
}

export interface OpenedSession {
  user: User;
  session: Session;
  csrfToken: string;
  logoutToken: string;
}

/** Lets somebody in on this browser, tells of it, and answers what the client is to know of their session. */
export async function openSession(
  ctx: Context,
  services: Services,
  { user, remember, factor }: Entry,
): Promise<OpenedSession> {
  const { session, sessionId } = await startSession(ctx, services, { user, remember });
  await orKeepCookies(ctx, endIfOvertaken(services, user, session.key));
  tellLogin(services, user, stateOf(ctx).visitor, factor);
  return { user, session, csrfToken: csrfTokenOf(sessionId), logoutToken: logoutTokenOf(sessionId) };
}
