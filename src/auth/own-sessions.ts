import { createHash } from 'node:crypto';
import type { Session, User } from '../stores/contract.js';
import type { Services, Visitor } from './services.js';

/** A session as its owner may name it: tells nothing about the cookie, nor about the key in the store. */
export function sessionReference({ key }: Pick<Session, 'key'>): string {
  return createHash('sha256').update(`reference:${key}`).digest('base64url').slice(0, 22);
}

/** Ends the one session of the user that has this reference; 0 when there is none (ASVS 7.5.2, 8.2.2). */
export async function endOwnSession(
  services: Services,
  user: User,
  reference: string,
  origin: Visitor,
): Promise<number> {
  const own = await services.stores.sessions.ofUser(user.id, services.clock.now());
  const session = own.find((one) => sessionReference(one) === reference);
  if (!session || !(await services.stores.sessions.delete(session.key))) return 0;
  const { id: userId, username } = user;
  services.tell({ type: 'sessionEnded', at: services.clock.now(), origin, by: username, userId, username });
  return 1;
}

/** Ends all sessions of the user but this one (ASVS 7.4.3). Answers how many. */
export async function endOtherSessions(
  services: Services,
  user: User,
  own: Session | undefined,
  origin: Visitor,
): Promise<number> {
  const count = await services.stores.sessions.deleteOfUser(user.id, own?.key);
  const { id: userId, username } = user;
  const at = services.clock.now();
  services.tell({ type: 'sessionsTerminated', at, origin, count, by: username, userId, username });
  return count;
}
