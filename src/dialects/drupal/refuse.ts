import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import type { Refusal } from '../../errors.js';
import { basicChallenge, sendsBasic } from '../../http/basic.js';
import { stateOf } from '../../http/state.js';
import type { Settings } from '../../config/settings.js';
import { isPagesForm, send } from './formats.js';
import { html } from '../html/index.js';
import { words } from './words.js';

/** Turns a reason into a status and `{"message":…}`. */
export function refuse(ctx: Context, refusal: Refusal, services: Services): void | Promise<void> {
  if (isPagesForm(ctx)) return html.refuse(ctx, refusal, services);
  const { settings } = services;
  const { detail } = refusal;
  const reason = isInvited(ctx, refusal) ? 'no-credentials' : refusal.reason;
  if (reason === 'no-credentials') ctx.set('WWW-Authenticate', basicChallenge);
  const { status, text } = words[reason];
  const message = typeof text === 'string' ? text : text(detail, () => addressOf(ctx, settings));
  send(ctx, typeof detail.status === 'number' ? detail.status : status, { message });
}

/**
 * Nobody is logged in, no credentials came, and the route takes them with the request: the client is asked for them
 * (contract, section 5). Wrong ones get what anybody gets.
 */
function isInvited(ctx: Context, { reason, detail }: Refusal): boolean {
  const loginHelps = reason === 'unauthenticated' || detail.anonymous === true;
  return loginHelps && !sendsBasic(ctx) && Boolean(stateOf(ctx).route?.authentication.includes('basic'));
}

/** `GET http://host/path`, under the address the client knows. */
function addressOf(ctx: Context, { publicUrl }: Settings): string {
  const base = ctx.host === new URL(publicUrl).host ? publicUrl : `${ctx.protocol}://${ctx.host}`;
  return `${ctx.method} ${base}${ctx.path}`;
}
