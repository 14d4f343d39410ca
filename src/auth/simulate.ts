import { Refusal } from '../errors.js';
import type { Session, User } from '../stores/contract.js';
import type { Services, Visitor } from './services.js';
import { draftSession, isLive } from './session.js';

/** The user an administrator wants to act as. @throws Refusal('invalid-input') on `username` */
export async function userToSimulate({ stores, clock }: Services, username: string): Promise<User> {
  const user = await stores.users.findByUsername(username);
  if (user && isLive(user, clock.now())) return user;
  throw new Refusal('invalid-input', { problems: [{ field: 'username', code: 'unknown-user' }] });
}

export type Draft = Omit<Session, 'key'>;

/**
 * A session in which an administrator acts as somebody else. It remembers who really acts and ends no later than their
 * own login; nothing that asks for a proven password can be done in it. From one simulation into the next, the one who
 * really acts stays the same.
 */
export function draftSimulation(services: Services, own: Session, target: User, visitor: Visitor): Draft {
  const actor = { id: own.actorId ?? own.userId, key: own.actorKey ?? own.key };
  const draft = draftSession(services, { user: target, remember: false, visitor, actor });
  const absoluteExpiresAt = Math.min(draft.absoluteExpiresAt, own.absoluteExpiresAt);
  const expiresAt = Math.min(draft.expiresAt, absoluteExpiresAt);
  return { ...draft, authenticatedAt: 0, absoluteExpiresAt, expiresAt };
}

export async function tellSimulated(services: Services, draft: Draft, target: User, origin: Visitor): Promise<void> {
  const actor = await services.stores.users.findById(draft.actorId!);
  const actorName = actor?.username ?? '';
  const at = services.clock.now();
  const { id: userId, username } = target;
  services.tell({ type: 'simulated', at, origin, userId, username, actorId: draft.actorId!, actorName });
}

/**
 * The administrator's own login that a simulated session returns to, with what is left of its time; undefined when it
 * has ended meanwhile. Its row is taken away: it comes back under a new id.
 */
export async function takeOwnLogin(
  services: Services,
  simulated: Session,
): Promise<{ draft: Draft; user: User } | undefined> {
  const { stores, clock } = services;
  const own = await stores.sessions.find(simulated.actorKey ?? '');
  const user = await stores.users.findById(simulated.actorId ?? 0);
  const now = clock.now();
  if (!own || own.userId !== user?.id || own.expiresAt <= now || !isLive(user, now)) return undefined;
  if (!(await stores.sessions.delete(own.key))) return undefined;
  const { key: _former, ...draft } = own;
  return { draft, user };
}

export function tellSimulationEnded(
  services: Services,
  simulated: User | undefined,
  actor: User,
  origin: Visitor,
): void {
  const { id: userId, username } = simulated ?? { id: 0, username: '' };
  const at = services.clock.now();
  services.tell({
    type: 'simulationEnded',
    at,
    origin,
    userId,
    username,
    actorId: actor.id,
    actorName: actor.username,
  });
}
