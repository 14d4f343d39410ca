import { groupList } from '../../auth/administration.js';
import { createOneTimeAccount as create, groupNames } from '../../auth/one-time-account.js';
import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { actorOf } from './request.js';

const input = {
  type: 'object',
  properties: {
    groups: { type: 'string', maxLength: 1000, default: '', description: 'names, by comma' },
    minutes: { type: 'integer', minimum: 1, maximum: 525_600 },
  },
};

export const createOneTimeAccount: HandlerDefinition = {
  name: 'admin-one-time-account',
  description: 'Makes a link that makes an account for one visit. It is answered once and kept nowhere.',
  says: 'shown',
  changesState: true,
  input,
  create({ services, dialect }) {
    const say = dialect.say.shown!;
    const read = inputReader<{ groups: string; minutes?: number }>(input);
    return async (ctx) => {
      const { by, visitor } = await actorOf(ctx, services);
      const { groups, minutes = services.settings.oneTimeAccounts.minutes } = await read(ctx, services);
      const names = await groupNames(services, groupList(groups));
      say(ctx, services, { ...(await create(services, { groups: names, minutes }, by, visitor)), minutes });
    };
  },
};
