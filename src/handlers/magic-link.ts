import { requestMagicLink } from '../auth/magic-link.js';
import { markBrowser } from '../http/browser-mark.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const magicLink: HandlerDefinition = {
  name: 'magic-link',
  description: 'Mails a link that logs in.',
  hears: 'magicRequest',
  says: 'mailSent',
  changesState: true,
  refuses: () => ['unknown-address'],
  sendsMail: true,
  leadsTo: () => ['magic-link-page'],
  input: { type: 'object', required: ['email'], properties: { email: { type: 'string' } } },
  create({ services, dialect }) {
    const hear = dialect.hear.magicRequest!;
    const say = dialect.say.mailSent!;
    return async (ctx) => {
      const { email } = await hear(ctx, services);
      await requestMagicLink(services, email, stateOf(ctx).visitor, markBrowser(ctx, services));
      say(ctx, services, 'magic');
    };
  },
};
