import { userToSimulate } from '../auth/simulate.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { startSimulation } from '../http/simulation.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const simulate: HandlerDefinition = {
  name: 'simulate',
  description: 'An administrator’s browser acts as the user named in the path, until logout.',
  says: 'simulated',
  changesState: true,
  refuses: () => ['invalid-input'],
  ownsSession: true,
  create({ services, dialect }) {
    const say = dialect.say.simulated!;
    return async (ctx) => {
      const own = (await loginOf(ctx, services))?.session;
      if (!own) throw new Refusal('provider-not-allowed');
      const target = await userToSimulate(services, ctx.params.username ?? '');
      await startSimulation(ctx, services, own, target);
      say(ctx, services, target);
    };
  },
};
