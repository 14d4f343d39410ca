import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import type { UserQuery } from '../../stores/contract.js';
import { paging } from './request.js';
import { userView } from './views.js';

const input = {
  type: 'object',
  properties: {
    search: { type: 'string', maxLength: 200, description: 'part of a name or an address' },
    state: { type: 'string', enum: ['', 'active', 'disabled', 'locked'] },
    order: { type: 'string', enum: ['id', 'username', 'lastLogin'], default: 'username' },
    descending: { type: 'boolean', default: false },
    ...paging,
  },
};

export const listUsers: HandlerDefinition = {
  name: 'admin-users',
  description: 'The users, searched and page by page, with how many there are.',
  says: 'done',
  changesState: false,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<UserQuery>(input);
    return async (ctx) => {
      const { state, ...rest } = await read(ctx, services);
      const now = services.clock.now();
      const query: UserQuery = { ...rest, ...(state ? { state } : {}), now };
      const { users } = services.stores;
      const [total, found] = [await users.count(query), await users.list(query)];
      say(ctx, services, { total, users: found.map((user) => userView(user, now)) });
    };
  },
};
