import { provePassword, tellReauthenticated } from '../auth/proof.js';
import { Refusal } from '../errors.js';
import { renewSession } from '../http/renew-session.js';
import { loginOf } from '../http/session.js';
import { stateOf } from '../http/state.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const confirmPassword: HandlerDefinition = {
  name: 'confirm-password',
  description: 'The logged-in user types the password again and may then do what `fresh` guards.',
  hears: 'proof',
  says: 'confirmed',
  changesState: true,
  refuses: () => ['overloaded'],
  ownsSession: true,
  failures: ['wrong-password', 'locked'],
  input: { type: 'object', required: ['password'], properties: { password: { type: 'string' } } },
  create({ services, dialect }) {
    const hear = dialect.hear.proof!;
    const say = dialect.say.confirmed!;
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      if (!login) throw new Refusal('unauthenticated');
      const { visitor } = stateOf(ctx);
      const { password } = await hear(ctx, services);
      await provePassword(services, login.user, { password, field: 'password' }, visitor);
      await renewSession(ctx, services, login);
      tellReauthenticated(services, login.user, visitor);
      say(ctx, services);
    };
  },
};
