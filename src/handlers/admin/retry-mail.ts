import { retryMail as decide } from '../../auth/administration.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { actorOf } from './request.js';

export const retryMail: HandlerDefinition = {
  name: 'admin-retry-mail',
  description: 'Sends a mail again that was given up, or at once what waits for its next try.',
  says: 'done',
  changesState: true,
  refuses: () => ['not-found'],
  create({ services, dialect }) {
    const say = dialect.say.done!;
    return async (ctx) => {
      const { by, visitor } = await actorOf(ctx, services);
      const { mail } = ctx.params as { mail: string };
      await decide(services, mail, by, visitor);
      say(ctx, services, {});
    };
  },
};
