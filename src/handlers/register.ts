import { register as decide } from '../auth/register.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const register: HandlerDefinition = {
  name: 'register',
  description: 'Makes a user of a visitor.',
  hears: 'registration',
  says: 'registered',
  changesState: true,
  refuses: () => ['registration-closed', 'field-denied', 'unsupported-type', 'overloaded'],
  sendsMail: true,
  leadsTo({ registration, forgottenPage }) {
    if (registration?.provesFirst) return ['verify-email-page'];
    return registration?.invite ? [forgottenPage] : [];
  },
  create({ services, dialect }) {
    const hear = dialect.hear.registration!;
    const say = dialect.say.registered!;
    const rules = dialect.policy(services.settings).registration!;
    return async (ctx) => {
      const request = await hear(ctx, services);
      say(ctx, services, await decide(services, request, stateOf(ctx).visitor, rules));
    };
  },
};
