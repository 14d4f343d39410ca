import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { paging } from './request.js';
import { sessionView } from './views.js';

const input = { type: 'object', properties: paging };

export const listSessions: HandlerDefinition = {
  name: 'admin-sessions',
  description: 'The live sessions of everybody, page by page, with how many there are.',
  says: 'done',
  changesState: false,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<{ offset: number; limit: number }>(input);
    return async (ctx) => {
      const now = services.clock.now();
      const query = { ...(await read(ctx, services)), now };
      const { sessions } = services.stores;
      const [total, found] = [await sessions.count(now), await sessions.list(query)];
      say(ctx, services, { total, sessions: found.map(sessionView) });
    };
  },
};
