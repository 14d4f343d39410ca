import { useOneTimeAccount } from '../auth/one-time-account.js';
import { openSession } from '../http/open-session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const oneTimeAccountLogin: HandlerDefinition = {
  name: 'one-time-account-login',
  description: 'Makes the user of a one-time account’s link, once, and logs in.',
  says: 'loggedIn',
  changesState: true,
  ownsSession: true,
  failures: ['not-found'],
  create({ services, dialect }) {
    const say = dialect.say.loggedIn!;
    return async (ctx) => {
      const user = await useOneTimeAccount(services, ctx.params.hash ?? '', stateOf(ctx).visitor);
      say(ctx, services, await openSession(ctx, services, { user, remember: false, factor: 'one-time-account' }));
    };
  },
};
