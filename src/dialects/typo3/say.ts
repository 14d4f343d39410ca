import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import type { Settings } from '../../config/settings.js';
import { prefersHtml } from '../../http/accepts.js';
import { absoluteTarget } from '../../http/redirects.js';
import { stateOf } from '../../http/state.js';
import type { Saying } from '../dialect.js';
import { unchanging } from '../../lib/written-once.js';
import { currentUserBody } from './current-user.js';
import { sessionView } from './own-session.js';

type Target = Exclude<keyof Settings['redirects'], 'error' | 'origins' | 'allowReturnTo'>;

const somebody = unchanging({ authenticated: true });
const nobody = unchanging({ authenticated: false });

/** Outcomes of the EXT:login endpoints: what moves on answers `{"redirect":"<absolute URL>"}`, never an empty one. */
export const say: Partial<Saying> = {
  authenticated: (ctx, _services, authenticated) => void (ctx.body = authenticated ? somebody : nobody),
  currentUser: (ctx, services, user) => void (ctx.body = currentUserBody(user, services)),
  loggedIn: (ctx, services, { returnTo }) => moveOn(ctx, services, returnTo ?? target(ctx, services, 'afterLogin')),
  loggedOut: (ctx, services) => moveOn(ctx, services, target(ctx, services, 'afterLogout')),
  sessionToken(ctx, _services, token) {
    ctx.type = 'text/plain; charset=utf-8';
    ctx.body = token;
  },
  pong: (ctx) => void (ctx.body = { status: 'pong' }),
  mailSent: (ctx, services, kind) => moveOn(ctx, services, target(ctx, services, afterMail[kind])),
  passwordReset: (ctx, services) => moveOn(ctx, services, target(ctx, services, 'afterResetPasswordFormSubmitted')),
  unlocked: (ctx, services) => moveOn(ctx, services, target(ctx, services, 'afterUnlocked')),
  simulated: (ctx, services) => moveOn(ctx, services, target(ctx, services, 'afterLogin')),
  terminated: (ctx, _services, terminated) => void (ctx.body = { terminated }),
  ownSessions: (ctx, _services, sessions, current) =>
    void (ctx.body = sessions.map((session) => sessionView(session, current))),
  addressProven: (ctx, services) => moveOn(ctx, services, target(ctx, services, undefined)),
  registered: (ctx, services) => moveOn(ctx, services, target(ctx, services, undefined)),
  confirmed: (ctx) => void (ctx.body = { authenticated: true }),
  shown: (ctx, _services, outcome) => void (ctx.body = outcome),
  done: (ctx, _services, outcome) => void (ctx.body = outcome ?? { done: true }),
};

const afterMail: Record<'reset' | 'magic' | 'verify-email' | 'change-email', Target | undefined> = {
  reset: 'afterForgotPasswordNotificationSent',
  magic: 'afterMagicLinkNotificationSent',
  'verify-email': undefined,
  'change-email': undefined,
};

/** The route's own `redirect` wins over the setting. */
function target(ctx: Context, { settings }: Services, name: Target | undefined): string {
  return absoluteTarget(settings, stateOf(ctx).route?.entry.redirect ?? (name ? settings.redirects[name] : ''));
}

/** Scripts read the target, a form without script is taken there. */
function moveOn(ctx: Context, _services: Services, redirect: string): void {
  if (!prefersHtml(ctx)) return void (ctx.body = { redirect });
  ctx.body = null;
  ctx.status = 303;
  ctx.set('Location', redirect);
}
