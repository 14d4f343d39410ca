import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import { Refusal } from '../errors.js';
import type { User } from '../stores/contract.js';

/** The user whose id is the path's parameter `user`. @throws Refusal('not-found') */
export async function userInPath(ctx: Context, { stores }: Services): Promise<User> {
  const { user: id = '' } = ctx.params as Record<string, string>;
  const user = /^[1-9]\d{0,14}$/.test(id) ? await stores.users.findById(Number(id)) : undefined;
  if (!user) throw new Refusal('not-found');
  return user;
}
