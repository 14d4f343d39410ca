import type { Context } from 'koa';
import { tellLogout } from '../auth/logout.js';
import type { Services } from '../auth/services.js';
import { draftSimulation, takeOwnLogin, tellSimulated, tellSimulationEnded } from '../auth/simulate.js';
import type { Session, User } from '../stores/contract.js';
import { endSession, loginOf, replaceSession } from './session.js';
import { stateOf } from './state.js';

/** From now on the administrator's browser acts as `target`; the row of their own login stays, to return to. */
export async function startSimulation(ctx: Context, services: Services, own: Session, target: User): Promise<void> {
  const state = stateOf(ctx);
  const draft = draftSimulation(services, own, target, state.visitor);
  state.keepsFormer = own.actorId === undefined;
  await replaceSession(ctx, services, draft, target);
  await tellSimulated(services, draft, target, state.visitor);
}

/** Logs out: an administrator who acts as somebody else gets their own login back, everybody else has none any more. */
export async function leaveSession(ctx: Context, services: Services): Promise<void> {
  const { visitor } = stateOf(ctx);
  const login = await loginOf(ctx, services);
  const own = login?.session?.actorId ? await takeOwnLogin(services, login.session) : undefined;
  if (!own) {
    endSession(ctx, services);
    return tellLogout(services, login?.user, visitor);
  }
  await replaceSession(ctx, services, own.draft, own.user);
  tellSimulationEnded(services, login?.user, own.user, visitor);
}
