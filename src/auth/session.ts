import { hash, randomBytes } from 'node:crypto';
import { Refusal } from '../errors.js';
import type { Settings } from '../config/settings.js';
import type { Session, User } from '../stores/contract.js';
import { andThen, type Answer } from '../lib/answer.js';
import type { Services, Visitor } from './services.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 256 random bits in 43 URL-safe characters (ASVS 7.2.3). The value is the secret: it lives in the cookie only. */
export function newSessionId(): string {
  return randomBytes(32).toString('base64url');
}

/** What the store keeps instead of the id, so that a stolen database opens no session. */
export function sessionKey(id: string): string {
  return digest(id);
}

/** The session's CSRF token: the same for its whole life, dead with it, and it tells nothing about the id. */
export function csrfTokenOf(id: string): string {
  return digest(`csrf:${id}`);
}

/** The token that may end the session from a link or another tab. */
export function logoutTokenOf(id: string): string {
  return digest(`logout:${id}`);
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** How long a session may rest and live, in milliseconds (contract ext-login, section 6; ASVS 7.3.1, 7.3.2). */
export function sessionLimits(settings: Settings, remember: boolean): { idle: number; absolute: number } {
  const { idleMinutes, absoluteHours, rememberIdleDays, rememberAbsoluteDays } = settings.session;
  if (remember) return { idle: rememberIdleDays * DAY, absolute: rememberAbsoluteDays * DAY };
  return { idle: idleMinutes * MINUTE, absolute: absoluteHours * HOUR };
}

export interface SessionRequest {
  user: Pick<User, 'id'>;
  remember: boolean;
  visitor: Visitor;
  /** simulate: who really acts, and the key of the session to return to */
  actor?: { id: number; key: string };
}

/** A session as it will be stored, still without the key that its id gives it. */
export function draftSession(
  services: Services,
  { user, remember, visitor, actor }: SessionRequest,
): Omit<Session, 'key'> {
  const now = services.clock.now();
  const { idle, absolute } = sessionLimits(services.settings, remember);
  return {
    userId: user.id,
    ...(actor ? { actorId: actor.id, actorKey: actor.key } : {}),
    remember,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + Math.min(idle, absolute),
    absoluteExpiresAt: now + absolute,
    authenticatedAt: now,
    address: visitor.address,
    userAgent: visitor.userAgent.slice(0, 300),
    data: {},
  };
}

/** Stores a new session; where `session.maxPerUser` is set, the oldest beyond it end (ASVS 7.1.2). */
export async function storeSession(services: Services, session: Session): Promise<void> {
  const { sessions, links } = services.stores;
  const isLogin = session.userId && !session.actorId;
  // whoever got in some other way needs no link in an old mail any more
  await Promise.all([sessions.insert(session), isLogin && links.endOfUser(session.userId, 'one-time-login')]);
  const { maxPerUser } = services.settings.session;
  if (!maxPerUser || !session.userId || session.actorId) return;
  const own = await services.stores.sessions.ofUser(session.userId, services.clock.now());
  const oldestFirst = own
    .filter(({ key, actorId }) => key !== session.key && !actorId)
    .sort((a, b) => a.lastSeenAt - b.lastSeenAt);
  const surplus = oldestFirst.slice(0, Math.max(0, oldestFirst.length + 1 - maxPerUser));
  for (const { key } of surplus) await services.stores.sessions.delete(key);
}

export interface Resumed {
  session: Session;
  /** absent while nobody has logged in on it */
  user?: User;
}

/**
 * Who the session speaks for now, or undefined when it, its user or its actor is no longer valid. Writes its activity
 * at most once in `session.touchSeconds`. At once, where the stores answer at once.
 */
export function resumeSession(services: Services, id: string): Answer<Resumed | undefined> {
  if (id.length !== 43) return undefined;
  return andThen(services.stores.sessions.find(sessionKey(id)), (session) => resume(services, session));
}

function resume(services: Services, session: Session | undefined): Answer<Resumed | undefined> {
  const now = services.clock.now();
  if (!session || session.expiresAt <= now || session.absoluteExpiresAt <= now) return undefined;
  if (!session.userId) return { session };
  return andThen(services.stores.users.findById(session.userId), (user) => speakFor(services, session, user, now));
}

function speakFor(services: Services, session: Session, user: User | undefined, now: number) {
  if (!user || !isLive(user, now)) return undefined;
  const rested = now - session.lastSeenAt >= services.settings.session.touchSeconds * 1000;
  return session.actorId || rested ? speakWithCare(services, { session, user }, rested, now) : { session, user };
}

async function speakWithCare(services: Services, resumed: Resumed, rested: boolean, now: number) {
  if (!(await actorMayAct(services, resumed.session, now))) return undefined;
  if (rested) await touch(services, resumed.session, now);
  return resumed;
}

/** A simulated session lives only as long as the administrator behind it is one. */
async function actorMayAct(services: Services, session: Session, now: number): Promise<boolean> {
  if (!session.actorId) return true;
  const actor = await services.stores.users.findById(session.actorId);
  return Boolean(actor && actor.admin && isLive(actor, now));
}

async function touch(services: Services, session: Session, now: number): Promise<void> {
  const { idle } = sessionLimits(services.settings, session.remember);
  await services.stores.sessions.touch(session.key, now, Math.min(now + idle, session.absoluteExpiresAt));
}

/** May log in and stay logged in: not switched off, started, not ended. */
export function isLive(user: User, now: number): boolean {
  const seconds = Math.floor(now / 1000);
  return !user.disabled && user.verified && user.starttime <= seconds && (user.endtime === 0 || user.endtime > seconds);
}

/**
 * Ends a session that has just begun when its user's password was changed, or the user switched off, while the login was
 * under way. Looked at after the session is stored: whoever changes something later finds it and ends it themselves.
 * @throws Refusal('wrong-password')
 */
export async function endIfOvertaken({ stores, clock }: Services, user: User, key: string): Promise<void> {
  const now = await stores.users.findById(user.id);
  if (now && isLive(now, clock.now()) && now.passwordChangedAt === user.passwordChangedAt) return;
  await stores.sessions.delete(key);
  throw new Refusal('wrong-password');
}

/** Ends every session of a user, but for one. Takes effect for the very next request on every node. */
export async function endSessions(services: Services, userId: number, exceptKey?: string): Promise<number> {
  return services.stores.sessions.deleteOfUser(userId, exceptKey);
}
