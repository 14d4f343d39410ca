import { describeMail } from '../../auth/administration.js';
import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import type { OutboxMail } from '../../stores/contract.js';
import { paging } from './request.js';

const input = {
  type: 'object',
  properties: { state: { type: 'string', enum: ['', 'waiting', 'sent', 'dead'] }, ...paging },
};

export const listMails: HandlerDefinition = {
  name: 'admin-mails',
  description: 'The outbox, newest first: to whom, which mail, whether it is sent, what went wrong.',
  says: 'done',
  changesState: false,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<{ state?: OutboxMail['state']; offset: number; limit: number }>(input);
    return async (ctx) => {
      const { state, ...page } = await read(ctx, services);
      const mails = await services.stores.outbox.list({ ...page, ...(state ? { state } : {}) });
      say(ctx, services, { mails: mails.map(describeMail) });
    };
  },
};
