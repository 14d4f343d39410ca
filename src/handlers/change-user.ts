import { floodReasons } from '../errors.js';
import { editUser, refuseEditing } from '../auth/edit-user.js';
import { renewAfter } from '../http/renew-session.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import { userInPath } from '../http/user-in-path.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const changeUser: HandlerDefinition = {
  name: 'change-user',
  description:
    'Changes the record of the user whose id is the parameter `user`: their own, or any by an administrator.',
  hears: 'userChange',
  says: 'user',
  changesState: true,
  refuses: () => [
    'not-found',
    'not-owner',
    'field-denied',
    'no-credentials',
    'unsupported-type',
    'overloaded',
    ...floodReasons,
  ],
  actsForCaller: true,
  ownsSession: true,
  create({ services, dialect }) {
    const hear = dialect.hear.userChange!;
    const say = dialect.say.user!;
    const rules = dialect.policy(services.settings).editing!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      const user = await userInPath(ctx, services);
      refuseEditing(login?.user, user, services);
      const change = await hear(ctx, services, user);
      const edit = { viewer: login!.user, session: login!.session, user, change, visitor: stateOf(ctx).visitor };
      const edited = await editUser(services, edit, rules);
      await renewAfter(ctx, services, login!, edited);
      say(ctx, services, edited.user, login!.user);
    };
  },
};
