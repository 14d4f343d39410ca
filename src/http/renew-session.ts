import type { Context } from 'koa';
import type { Edited } from '../auth/edit-user.js';
import type { Services } from '../auth/services.js';
import { replaceSession } from './session.js';
import type { Login } from './state.js';

/** The password was proven again: the session goes on under a new id (ASVS 7.2.4). */
export async function renewSession(ctx: Context, services: Services, { user, session }: Login): Promise<void> {
  if (!session) return;
  const { key: _former, ...draft } = session;
  await replaceSession(ctx, services, { ...draft, authenticatedAt: services.clock.now() }, user);
}

/** Whoever gave themselves a new password goes on under a new id; the others' sessions have ended with the old one. */
export async function renewAfter(ctx: Context, services: Services, login: Login, edited: Edited): Promise<void> {
  const own = login.user.id === edited.user.id;
  if (own && edited.passwordChanged) await renewSession(ctx, services, { ...login, user: edited.user });
}
