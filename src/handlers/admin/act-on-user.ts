import type { Context } from 'koa';
import { sendResetLink, switchUser } from '../../auth/administration.js';
import { unlock } from '../../auth/lockout.js';
import type { Services, Visitor } from '../../auth/services.js';
import { deleteUser } from '../../auth/users.js';
import { Refusal } from '../../errors.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import type { User } from '../../stores/contract.js';
import { actorOf, userInPath } from './request.js';

type Act = (services: Services, user: User, by: string, visitor: Visitor) => Promise<unknown>;

/** What an administrator does to one user without saying more: each a handler of its own. */
const acts: Record<string, { description: string; act: Act }> = {
  'admin-unlock-user': {
    description: 'Lifts the lock that wrong passwords put on an account.',
    act: (services, user, by, visitor) => unlock(services, user, 'administrator', visitor, by),
  },
  'admin-disable-user': {
    description: 'Switches a user off; all their sessions end.',
    act: (services, user, by, visitor) => switchUser(services, user, true, by, visitor),
  },
  'admin-enable-user': {
    description: 'Switches a user on again.',
    act: (services, user, by, visitor) => switchUser(services, user, false, by, visitor),
  },
  'admin-reset-link': {
    description: 'Mails a user a link to set a new password.',
    act: sendResetLink,
  },
  'admin-delete-user': {
    description: 'Deletes a user and all that belongs to them.',
    act: async (services, user, by, visitor) => {
      if (user.username === by)
        throw new Refusal('invalid-input', { problems: [{ field: 'user', code: 'not-allowed' }] });
      await deleteUser(services, user, by, visitor);
    },
  },
};

export const actsOnUser: HandlerDefinition[] = Object.entries(acts).map(([name, { description, act }]) => ({
  name,
  description,
  says: 'done',
  changesState: true,
  refuses: () => ['not-found', 'invalid-input', 'unknown-address'],
  create({ services, dialect }) {
    const say = dialect.say.done!;
    return async (ctx: Context) => {
      const { by, visitor } = await actorOf(ctx, services);
      await act(services, await userInPath(ctx, services), by, visitor);
      say(ctx, services, {});
    };
  },
}));
