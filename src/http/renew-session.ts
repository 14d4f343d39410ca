import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import { replaceSession } from './session.js';
import type { Login } from './state.js';

/** The password was proven again: the session goes on under a new id (ASVS 7.2.4). */
export async function renewSession(ctx: Context, services: Services, { user, session }: Login): Promise<void> {
  if (!session) return;
  const { key: _former, ...draft } = session;
  await replaceSession(ctx, services, { ...draft, authenticatedAt: services.clock.now() }, user);
}
