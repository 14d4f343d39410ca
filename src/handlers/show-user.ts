import { refuseViewing } from '../auth/edit-user.js';
import { loginOf } from '../http/session.js';
import { userInPath } from '../http/user-in-path.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const showUser: HandlerDefinition = {
  name: 'show-user',
  description: 'The record of the user whose id is the parameter `user`, as far as the caller may see it.',
  says: 'user',
  changesState: false,
  refuses: () => ['not-found', 'not-permitted', 'no-credentials'],
  create({ services, dialect }) {
    const say = dialect.say.user!;
    return async (ctx) => {
      const viewer = (await loginOf(ctx, services))?.user;
      const user = await userInPath(ctx, services);
      refuseViewing(viewer, user, services);
      say(ctx, services, user, viewer);
    };
  },
};
