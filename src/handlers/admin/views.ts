import { editableOf, stateOfUser, versionOf } from '../../auth/administration.js';
import { sessionReference } from '../../auth/own-sessions.js';
import type { Session, User } from '../../stores/contract.js';

/** A user as scripts of administrators see them; never the password's hash. */
export function userView(user: User, now: number) {
  const { id, uuid, username, disabled, verified, generated, crdate, tstamp, endtime, lockedUntil, lastLogin } = user;
  return {
    id,
    uuid,
    username,
    ...editableOf(user),
    state: stateOfUser(user, now),
    disabled,
    verified,
    generated,
    crdate,
    tstamp,
    endtime,
    lockedUntil: lockedUntil > now ? lockedUntil : 0,
    lastLogin,
    version: versionOf(user),
  };
}

/** A session by the reference that may end it; its key stays inside. */
export function sessionView(session: Session) {
  const { userId, actorId, remember, createdAt, lastSeenAt, expiresAt, address, userAgent } = session;
  return {
    id: `${userId}.${sessionReference(session)}`,
    user: userId,
    actor: actorId ?? null,
    remember,
    createdAt,
    lastSeenAt,
    expiresAt,
    address,
    userAgent,
  };
}
