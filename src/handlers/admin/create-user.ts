import { inviteUser } from '../../auth/administration.js';
import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { actorOf } from './request.js';
import { userView } from './views.js';

const input = {
  type: 'object',
  required: ['username', 'email'],
  properties: {
    username: { type: 'string', minLength: 1, maxLength: 255 },
    email: { type: 'string', format: 'email' },
    firstName: { type: 'string', maxLength: 255 },
    lastName: { type: 'string', maxLength: 255 },
    admin: { type: 'boolean', default: false },
    groups: { type: 'string', maxLength: 1000, description: 'names, by comma' },
  },
};

export const createUser: HandlerDefinition = {
  name: 'admin-create-user',
  description: 'Makes a user, who is mailed a link to set the password.',
  says: 'done',
  changesState: true,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<Parameters<typeof inviteUser>[1]>(input);
    return async (ctx) => {
      const { by, visitor } = await actorOf(ctx, services);
      const { username, email, firstName, lastName, admin, groups } = await read(ctx, services);
      const person = { username, email, firstName, lastName, admin, groups };
      const user = await inviteUser(services, person, by, visitor);
      say(ctx, services, { user: userView(user, services.clock.now()) });
    };
  },
};
