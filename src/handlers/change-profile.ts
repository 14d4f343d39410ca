import { changeProfile as decide, type Profile } from '../auth/profile.js';
import { Refusal } from '../errors.js';
import { inputReader } from '../http/input.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

const text = { type: 'string', maxLength: 255 };
const input = {
  type: 'object',
  properties: {
    firstName: text,
    lastName: text,
    company: text,
    telephone: { type: 'string', maxLength: 60 },
    language: { type: 'string', pattern: '^$|^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$' },
  },
};

export const changeProfile: HandlerDefinition = {
  name: 'change-profile',
  description: 'Changes the names, the company, the telephone or the language of the logged-in user.',
  says: 'done',
  changesState: true,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<Partial<Profile>>(input);
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      await decide(services, login.user, await read(ctx, services), stateOf(ctx).visitor);
      say(ctx, services);
    };
  },
};
