import { logInByMagicLink } from '../auth/magic-link.js';
import { browserMark } from '../http/browser-mark.js';
import { openSession } from '../http/open-session.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const magicLinkLogin: HandlerDefinition = {
  name: 'magic-link-login',
  description: 'Logs in by a mailed link, once; whoever was logged in on this browser is not any more.',
  hears: 'token',
  says: 'loggedIn',
  changesState: true,
  ownsSession: true,
  failures: ['link-unknown', 'link-expired'],
  input: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
  create({ services, dialect }) {
    const hear = dialect.hear.token!;
    const say = dialect.say.loggedIn!;
    return async (ctx) => {
      const { token } = await hear(ctx, services);
      const user = await logInByMagicLink(services, token, browserMark(ctx));
      say(ctx, services, await openSession(ctx, services, { user, remember: false, factor: 'magic-link' }));
    };
  },
};
