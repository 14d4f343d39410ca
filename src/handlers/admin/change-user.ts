import { editUser, type Editable } from '../../auth/administration.js';
import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { actorOf, userInPath } from './request.js';
import { userView } from './views.js';

const input = {
  type: 'object',
  properties: {
    email: { anyOf: [{ type: 'string', format: 'email' }, { const: '' }] },
    firstName: { type: 'string', maxLength: 255 },
    lastName: { type: 'string', maxLength: 255 },
    admin: { type: 'boolean' },
    groups: { type: 'string', maxLength: 1000, description: 'names, by comma' },
    version: { type: 'string', description: 'as it was read; refused with 409 when somebody changed the user since' },
  },
};

export const changeUser: HandlerDefinition = {
  name: 'admin-change-user',
  description: 'Changes the address, the names, the groups or the rights of a user; what is left out stays.',
  says: 'done',
  changesState: true,
  refuses: () => ['not-found', 'changed-meanwhile'],
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<Partial<Editable> & { version?: string }>(input);
    return async (ctx) => {
      const { by, visitor } = await actorOf(ctx, services);
      const { email, firstName, lastName, admin, groups, version } = await read(ctx, services);
      const user = await userInPath(ctx, services);
      const patch = defined({ email, firstName, lastName, admin, groups, version });
      const changed = await editUser(services, user, patch, by, visitor);
      say(ctx, services, { user: userView(changed, services.clock.now()) });
    };
  },
};

function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
