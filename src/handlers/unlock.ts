import { unlockByLink } from '../auth/unlock-link.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const unlock: HandlerDefinition = {
  name: 'unlock',
  description: 'Lifts a lock by the link of the lock-out mail.',
  hears: 'token',
  says: 'unlocked',
  changesState: true,
  failures: ['link-unknown', 'link-expired'],
  input: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
  create({ services, dialect }) {
    const hear = dialect.hear.token!;
    const say = dialect.say.unlocked!;
    return async (ctx) => {
      const { token } = await hear(ctx, services);
      await unlockByLink(services, token, stateOf(ctx).visitor);
      say(ctx, services);
    };
  },
};
