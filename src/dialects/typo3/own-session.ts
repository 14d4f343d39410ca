import { sessionReference } from '../../auth/own-sessions.js';
import { describeDevice } from '../../lib/user-agent.js';
import type { Session } from '../../stores/contract.js';

/** A session as its owner sees it; times in seconds like everywhere in this dialect. */
export function sessionView(session: Session, current: Session | undefined) {
  return {
    id: sessionReference(session),
    current: session.key === current?.key,
    device: describeDevice(session.userAgent),
    address: session.address,
    createdAt: seconds(session.createdAt),
    lastSeenAt: seconds(session.lastSeenAt),
    expiresAt: seconds(session.expiresAt),
    remember: session.remember,
    /** an administrator acts as this user */
    simulated: session.actorId !== undefined,
  };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
