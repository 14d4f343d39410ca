import { logIn } from '../auth/login.js';
import { floodReasons, Refusal } from '../errors.js';
import { openSession } from '../http/open-session.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const login: HandlerDefinition = {
  name: 'login',
  description: 'Checks a user name and a password and starts a session.',
  hears: 'login',
  says: 'loggedIn',
  changesState: true,
  refuses: ({ login, loginWhileLoggedIn }) => [
    'blocked',
    'overloaded',
    ...(login.flood ? floodReasons : []),
    ...(loginWhileLoggedIn === 'refused' ? (['already-authenticated', 'missing-credentials'] as const) : []),
  ],
  ownsSession: true,
  failures: ['unknown-user', 'wrong-password', 'locked'],
  input: {
    type: 'object',
    required: ['username', 'password'],
    properties: {
      username: { type: 'string' },
      password: { type: 'string' },
      remember: { type: 'boolean', default: false },
    },
  },
  create({ services, dialect }) {
    const hear = dialect.hear.login!;
    const say = dialect.say.loggedIn!;
    const policy = dialect.policy(services.settings);
    return async (ctx) => {
      if (policy.loginWhileLoggedIn === 'refused' && (await loginOf(ctx, services)))
        throw new Refusal('already-authenticated');
      const { remember, returnTo, ...credentials } = await hear(ctx, services);
      const { visitor } = stateOf(ctx);
      const user = await logIn(services, credentials, visitor, policy.login);
      const opened = await openSession(ctx, services, { user, remember, factor: 'password' });
      say(ctx, services, { ...opened, returnTo });
    };
  },
};
