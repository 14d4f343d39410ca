import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import type { User } from '../stores/contract.js';
import { loginOf } from './session.js';
import { stateOf } from './state.js';

/** The logged-in user as a module of one's own sees them. */
export type CurrentUser = Omit<User, 'passwordHash'>;

/**
 * What a user's own code finds in the context beside Koa's: `ctx.state.user`, and the checked body where Koa's body
 * parsers put theirs. The session layer around it gives `ctx.session`.
 */
export async function welcomeOwnCode(ctx: Context, services: Services): Promise<void> {
  const login = await loginOf(ctx, services);
  ctx.state['user'] = login && withoutHash(login.user);
  const { input } = stateOf(ctx);
  if (input) Object.assign(ctx.request, { body: input });
}

function withoutHash(user: User): CurrentUser {
  const { passwordHash: _, ...rest } = user;
  return rest;
}
