import type { Context } from 'koa';
import type { Saying } from '../dialect.js';
import { html } from '../html/index.js';
import { entityOf, rolesOf } from './entity.js';
import { isPagesForm, send, sendNothing } from './formats.js';

/** Outcomes of Drupal's user endpoints (contract, sections 2 to 4). */
export const say: Partial<Saying> = {
  authenticated: (ctx, _services, yes) => sendText(ctx, 'text/plain', yes ? '1' : '0'),
  currentUser: (ctx, services, user) => send(ctx, 200, entityOf(user, user, services)),
  loggedIn(ctx, services, outcome) {
    if (isPagesForm(ctx)) return html.say.loggedIn!(ctx, services, outcome);
    const { user, csrfToken, logoutToken } = outcome;
    const current_user = { uid: String(user.id), roles: rolesOf(user), name: user.username };
    send(ctx, 200, { current_user, csrf_token: csrfToken, logout_token: logoutToken });
  },
  loggedOut: (ctx) => sendNothing(ctx, 204),
  sessionToken: (ctx, _services, token) => sendText(ctx, 'text/plain; charset=utf-8', token),
  pong: (ctx) => send(ctx, 200, { status: 'pong' }),
  mailSent: (ctx) => sendNothing(ctx, 200),
  registered: (ctx, services, outcome) => send(ctx, 200, entityOf(outcome!.user, undefined, services)),
  user: (ctx, services, user, viewer) => send(ctx, 200, entityOf(user, viewer, services)),
  deleted: (ctx) => sendNothing(ctx, 204),
  done: (ctx) => sendNothing(ctx, 204),
};

function sendText(ctx: Context, type: string, text: string): void {
  ctx.set('Content-Type', type);
  ctx.body = text;
}
