import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import createKoaSession from 'koa-session';
import { csrfTokenOf, draftSession, newSessionId, resumeSession, sessionKey, storeSession } from '../auth/session.js';
import type { SessionRequest } from '../auth/session.js';
import type { Services } from '../auth/services.js';
import { andThen, type Answer } from '../lib/answer.js';
import type { Session, User } from '../stores/contract.js';
import { basicLogin, sendsBasic } from './basic.js';
import { cookieAttributes, expireCookie, orKeepCookies, readCookie, setCookie, trustPublicUrl } from './cookies.js';
import { rememberDevice } from './device.js';
import { replyOf } from './reply.js';
import { stateOf, type Login, type Resumed } from './state.js';

/**
 * Reading a session is our own short path: one look-up, no write, no serialising. koa-session is run only around the
 * handlers that change one (login, logout, simulate) and around a user's own modules, which get `ctx.session`.
 */
export function loginOf(ctx: Context, services: Services): Answer<Login | undefined> {
  const state = stateOf(ctx);
  if (state.login !== undefined) return state.login ?? undefined;
  const login = findLogin(ctx, services);
  state.login = login ?? null;
  return login;
}

function findLogin(ctx: Context, services: Services): Answer<Login | undefined> {
  const accepted = stateOf(ctx).route?.authentication ?? services.settings.routes.authentication;
  const provider = providers.find(({ name, applies }) => accepted.includes(name) && applies(ctx));
  return provider?.login(ctx, services);
}

interface Provider {
  /** as `authentication:` names it */
  name: string;
  /** the request tries to prove itself this way; nothing after it is asked then */
  applies(ctx: Context): boolean;
  login(ctx: Context, services: Services): Answer<Login | undefined>;
}

/** How a request can prove who it speaks for. What the client says itself comes before what a browser adds. */
const providers: Provider[] = [
  { name: 'basic', applies: sendsBasic, login: basicLogin },
  { name: 'cookie', applies: () => true, login: cookieLogin },
];

function cookieLogin(ctx: Context, services: Services): Answer<Login | undefined> {
  return andThen(resumedSession(ctx, services), loginFrom);
}

function loginFrom(resumed: Resumed | undefined): Login | undefined {
  if (!resumed?.user) return undefined;
  return { user: resumed.user, session: resumed.session, sessionId: resumed.id, provider: 'cookie' };
}

/** The live session that the request's cookie names, whether or not somebody is logged in on it. */
export function resumedSession(ctx: Context, services: Services): Answer<Resumed | undefined> {
  const state = stateOf(ctx);
  if (state.resumed !== undefined) return state.resumed ?? undefined;
  const resumed = resume(ctx, services);
  state.resumed = resumed ?? null;
  return resumed;
}

function resume(ctx: Context, services: Services): Answer<Resumed | undefined> {
  const id = readCookie(ctx, services.settings.session.cookie.name);
  if (id === undefined) return undefined;
  return andThen(resumeSession(services, id), (found) => {
    if (!found) return undefined;
    // whatever is told of this request says who really acts
    stateOf(ctx).visitor.actorId = found.session.actorId;
    return { session: found.session, user: found.user, id };
  });
}

/**
 * Logs a user in on this browser: the session it had ends, a new one with a new id begins (an id the client brought is
 * never promoted), the cookies go out with the answer. Runs inside `sessionLayer`.
 */
export async function startSession(
  ctx: Context,
  services: Services,
  request: Omit<SessionRequest, 'visitor'> & { user: User },
): Promise<Login & { session: Session; sessionId: string }> {
  const draft = draftSession(services, { ...request, visitor: stateOf(ctx).visitor });
  return replaceSession(ctx, services, draft, request.user);
}

/** Puts `draft` in the place of the browser's session, under a new id. */
export async function replaceSession(ctx: Context, services: Services, draft: Omit<Session, 'key'>, user: User) {
  const state = stateOf(ctx);
  state.opening = draft;
  // the cookie may live as long as the session can; when it has rested too long, the server knows
  const lifetime = draft.remember ? draft.absoluteExpiresAt - services.clock.now() : undefined;
  ctx.sessionOptions!.maxAge = lifetime ?? 'session';
  ctx.session = {};
  await orKeepCookies(ctx, ctx.session!.regenerate());
  const sessionId = ctx.session!.externalKey ?? '';
  const id = state.resumed ? (await state.resumed)!.id : sessionId;
  const session = (await state.resumed)!.session;
  const login = { user, session, sessionId: id, provider: 'cookie' as const };
  state.login = Promise.resolve(login);
  if (!draft.actorId) rememberDevice(ctx, services, user.id);
  shareCsrfToken(ctx, services, id, lifetime);
  return login;
}

/**
 * Ends the browser's session: gone from the store, cookies expired, what pages of this origin put aside forgotten (ASVS
 * 14.3.1; not `"cookies"`: the device cookie stays, and those of neighbouring hosts are not ours). Runs inside `sessionLayer`.
 */
export function endSession(ctx: Context, services: Services): void {
  ctx.session = null;
  ctx.set('Clear-Site-Data', '"cache", "storage"');
  stateOf(ctx).login = Promise.resolve(undefined);
  if (services.settings.csrf.cookie) expireCookie(ctx, services.settings, 'XSRF-TOKEN');
}

/** The token travels in `X-CSRF-Token` and in a cookie that scripts may read, so that axios and Angular need no code. */
export function shareCsrfToken(ctx: Context, services: Services, sessionId: string, maxAge?: number): void {
  const token = csrfTokenOf(sessionId);
  replyOf(ctx).put('X-CSRF-Token', token);
  if (!services.settings.csrf.cookie || readCookie(ctx, 'XSRF-TOKEN') === token) return;
  setCookie(ctx, services.settings, 'XSRF-TOKEN', token, { httpOnly: false, maxAge });
}

/**
 * koa-session over our own store. Checked against its habits: it saves after a handler that threw (we put back what was
 * loaded, so there is nothing to save); it would write an ended session back (the store changes only rows that exist);
 * `rolling` and `renew` write on every read (both off, activity is noted by `resumeSession`); its signature costs more
 * than the rest of the request (off: the id is the secret).
 */
export function sessionLayer(app: Koa, services: Services): Middleware {
  const options = {
    key: services.settings.session.cookie.name,
    ...cookieAttributes(services.settings),
    httpOnly: true,
    rolling: false,
    renew: false,
    genid: newSessionId,
    ContextStore: contextStore(services),
  };
  const koaSession = createKoaSession(options as never, app) as unknown as Middleware;
  return async (ctx, next) => {
    trustPublicUrl(ctx, services.settings);
    let failure: { error: unknown } | undefined;
    await koaSession(ctx, async () => {
      const loaded = ctx.session!.toJSON() as Record<string, unknown>;
      await next().catch((error: unknown) => {
        failure = { error };
        ctx.session = loaded;
      });
    });
    if (failure) throw failure.error;
  };
}

/** One per request, made by koa-session; ids come in, their hashes go to our store. */
function contextStore(services: Services) {
  const { sessions } = services.stores;
  const { name } = services.settings.session.cookie;
  return class ContextStore {
    readonly ctx: Context;
    constructor(ctx: Context) {
      this.ctx = ctx;
    }

    async get(_id: string): Promise<Record<string, unknown> | undefined> {
      return (await resumedSession(this.ctx, services))?.session.data;
    }

    async set(id: string, saved: Record<string, unknown>): Promise<void> {
      const { _expire, _maxAge, _session, ...data } = saved;
      const state = stateOf(this.ctx);
      const known = await state.resumed;
      if (state.opening || !known || known.id !== id) return this.insert(id, data);
      await sessions.replaceData(known.session.key, data);
    }

    async destroy(id: string): Promise<void> {
      const state = stateOf(this.ctx);
      if (state.keepsFormer || !(await this.mayBeStored(id))) return;
      await sessions.delete(sessionKey(id));
    }

    /** koa-session also ends what it has only just made up for a visitor without a cookie */
    private async mayBeStored(id: string): Promise<boolean> {
      if (readCookie(this.ctx, name) === id) return true;
      return (await stateOf(this.ctx).resumed)?.id === id;
    }

    /** a login's new session, or the first value a user's own module keeps for a visitor */
    private async insert(id: string, data: Record<string, unknown>): Promise<void> {
      const state = stateOf(this.ctx);
      const draft =
        state.opening ?? draftSession(services, { user: { id: 0 }, remember: false, visitor: state.visitor });
      delete state.opening;
      const session = { ...draft, key: sessionKey(id), data };
      await storeSession(services, session);
      state.resumed = Promise.resolve({ session, id });
    }
  };
}
