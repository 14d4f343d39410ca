import { readMail } from '../../auth/administration.js';
import type { HandlerDefinition } from '../../routes/contract.js';

export const showMail: HandlerDefinition = {
  name: 'admin-mail',
  description: 'What a mail says. In development only: the links in mails are keys.',
  says: 'done',
  changesState: false,
  refuses: () => ['not-found', 'not-permitted'],
  create({ services, dialect }) {
    const say = dialect.say.done!;
    return async (ctx) => {
      const { mail } = ctx.params as { mail: string };
      say(ctx, services, await readMail(services, mail));
    };
  },
};
