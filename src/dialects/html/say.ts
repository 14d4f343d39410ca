import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import type { Settings } from '../../config/settings.js';
import { absoluteTarget } from '../../http/redirects.js';
import { loginOf } from '../../http/session.js';
import { stateOf } from '../../http/state.js';
import { pages } from '../../pages/index.js';
import { showPage } from '../../pages/show.js';
import type { Saying } from '../dialect.js';
import { pathOf } from '../../pages/view.js';
import { goBack, goOn, goTo, goToPage, homeOf } from './go.js';
import { typedInto } from './typed.js';

type Target = Exclude<keyof Settings['redirects'], 'error' | 'origins' | 'allowReturnTo'>;

/** Outcomes lead to the next page: the route's own `redirect`, the configured one, or a page of ours. */
export const say: Partial<Saying> = {
  loggedIn: (ctx, services, { returnTo }) =>
    goOn(ctx, services, returnTo ?? (target(ctx, services, 'afterLogin') || homeOf(services))),
  /** an administrator who acted as somebody else is themselves again */
  loggedOut(ctx, services) {
    stateOf(ctx).afterwards = async () => {
      if (await loginOf(ctx, services)) return goTo(ctx, pathOf(services, 'admin-users-page') || homeOf(services));
      lead(ctx, services, 'afterLogout', 'signed-out-page');
    };
  },
  mailSent: (ctx, services, kind) => lead(ctx, services, afterMail[kind], 'mail-sent-page', { for: kind }),
  passwordReset: (ctx, services) =>
    lead(ctx, services, 'afterResetPasswordFormSubmitted', 'login-page', { done: 'reset-password' }),
  unlocked: (ctx, services) => lead(ctx, services, 'afterUnlocked', 'login-page', { done: 'unlock' }),
  confirmed: (ctx, services) => goOn(ctx, services, homeOf(services)),
  simulated: (ctx, services) => goTo(ctx, homeOf(services)),
  addressProven: (ctx, services) => goToPage(ctx, services, 'login-page', { done: handlerOf(ctx) }),
  registered(ctx, services, outcome) {
    const { approvalNeeded, verificationNeeded } = outcome ?? { approvalNeeded: false, verificationNeeded: true };
    if (verificationNeeded) return goToPage(ctx, services, 'mail-sent-page', { for: 'verify-email' });
    goToPage(ctx, services, 'login-page', { done: approvalNeeded ? 'register-approval' : 'register' });
  },
  terminated: (ctx, services) => goBack(ctx, services, handlerOf(ctx)),
  done: (ctx, services) => goBack(ctx, services, handlerOf(ctx)),
  shown(ctx, services, outcome) {
    const page = pages.get(String(ctx.query['page']));
    if (!page) return goTo(ctx, homeOf(services));
    stateOf(ctx).afterwards = async () => {
      const typed = await typedInto(ctx, services);
      await showPage(ctx, services, page, () => ({ outcome, typed }));
    };
  },
};

const afterMail: Record<'reset' | 'magic' | 'verify-email' | 'change-email', Target | undefined> = {
  reset: 'afterForgotPasswordNotificationSent',
  magic: 'afterMagicLinkNotificationSent',
  'verify-email': undefined,
  'change-email': undefined,
};

/** To where the operator wants people to go, else to a page of ours. */
function lead(ctx: Context, services: Services, name: Target | undefined, page: string, query = {}): void {
  const configured = target(ctx, services, name);
  if (configured) return goTo(ctx, configured);
  goToPage(ctx, services, page, query);
}

function target(ctx: Context, { settings }: Services, name: Target | undefined): string {
  const configured = stateOf(ctx).route?.entry.redirect ?? (name ? settings.redirects[name] : '');
  return configured && absoluteTarget(settings, configured);
}

function handlerOf(ctx: Context): string {
  return stateOf(ctx).route?.entry.handler ?? '';
}
