import { useOneTimeLogin } from '../auth/one-time-login.js';
import { openSession } from '../http/open-session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const oneTimeLogin: HandlerDefinition = {
  name: 'one-time-login',
  description: 'Logs in by a mailed link, once; the password may then be set without the old one.',
  hears: 'oneTimeLogin',
  says: 'loggedIn',
  changesState: true,
  ownsSession: true,
  failures: ['link-unknown', 'link-expired'],
  create({ services, dialect }) {
    const hear = dialect.hear.oneTimeLogin!;
    const say = dialect.say.loggedIn!;
    return async (ctx) => {
      const user = await useOneTimeLogin(services, await hear(ctx, services), stateOf(ctx).visitor);
      const opened = await openSession(ctx, services, { user, remember: false, factor: 'one-time-link' });
      ctx.session!.passwordFree = true;
      say(ctx, services, opened);
    };
  },
};
