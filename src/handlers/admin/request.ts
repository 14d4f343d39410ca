import type { Context } from 'koa';
import type { Services, Visitor } from '../../auth/services.js';
import { Refusal } from '../../errors.js';
import { loginOf } from '../../http/session.js';
import { stateOf } from '../../http/state.js';
import type { User } from '../../stores/contract.js';

/** Who does it, for the audit log, and from where. */
export async function actorOf(ctx: Context, services: Services): Promise<{ by: string; visitor: Visitor }> {
  const login = await loginOf(ctx, services);
  return { by: login?.user.username ?? '', visitor: stateOf(ctx).visitor };
}

/** The user whose id stands in the path. @throws Refusal('not-found') */
export async function userInPath(ctx: Context, { stores }: Services): Promise<User> {
  const id = String((ctx.params as Record<string, string>)['user']);
  const user = /^\d{1,15}$/.test(id) ? await stores.users.findById(Number(id)) : undefined;
  if (!user) throw new Refusal('not-found');
  return user;
}

/** How much of a list is answered at once. */
export const paging = {
  offset: { type: 'integer', minimum: 0, default: 0 },
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
};
