import { liftThrottle as decide } from '../../auth/administration.js';
import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { actorOf } from './request.js';

const input = {
  type: 'object',
  required: ['name', 'key'],
  properties: { name: { type: 'string', minLength: 1 }, key: { type: 'string', minLength: 1 } },
};

export const liftThrottle: HandlerDefinition = {
  name: 'admin-lift-throttle',
  description: 'Lets somebody try again who called too often.',
  says: 'done',
  changesState: true,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<{ name: string; key: string }>(input);
    return async (ctx) => {
      const { by, visitor } = await actorOf(ctx, services);
      await decide(services, await read(ctx, services), by, visitor);
      say(ctx, services, {});
    };
  },
};
