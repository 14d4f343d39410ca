import { refuseDeleting } from '../auth/edit-user.js';
import { deleteUser as remove } from '../auth/users.js';
import { endSession, loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import { userInPath } from '../http/user-in-path.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const deleteUser: HandlerDefinition = {
  name: 'delete-user',
  description: 'Deletes the user whose id is the parameter `user`, with their sessions.',
  says: 'deleted',
  changesState: true,
  refuses: () => ['not-found', 'not-permitted', 'no-credentials'],
  actsForCaller: true,
  ownsSession: true,
  create({ services, dialect }) {
    const say = dialect.say.deleted!;
    return async (ctx) => {
      const viewer = (await loginOf(ctx, services))?.user;
      const user = await userInPath(ctx, services);
      refuseDeleting(viewer, user, services);
      await remove(services, user, viewer.username, stateOf(ctx).visitor);
      if (viewer.id === user.id) endSession(ctx, services);
      say(ctx, services);
    };
  },
};
