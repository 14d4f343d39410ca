/** What happened, told after the decision was made (contract ext-login, section 8). A failing listener never changes an answer. */

/** Who did it and from where; carried by every event. */
export interface Origin {
  /** client address as the throttle sees it */
  address: string;
  userAgent: string;
  requestId: string;
  /** the administrator who really acts, in a simulated session */
  actorId?: number | undefined;
}

interface UserRef {
  userId: number;
  username: string;
}

export type AuthEvent = { at: number; origin: Origin } & (
  | ({ type: 'login'; factor: 'password' | 'magic-link' | 'one-time-account' | 'one-time-link' | 'basic' } & UserRef)
  | { type: 'loginFailed'; username: string; userId?: number; reason: string; factor: string }
  | ({ type: 'logout' } & UserRef)
  | ({ type: 'lockout'; until: number } & UserRef)
  | ({ type: 'unlocked'; by: 'link' | 'command' | 'administrator' | 'reset'; actor?: string | undefined } & UserRef)
  | ({ type: 'resetRequested'; by?: string } & UserRef)
  | ({ type: 'magicLinkRequested' } & UserRef)
  | ({ type: 'passwordChanged'; by: 'reset' | 'change' | 'command' | 'administrator' } & UserRef)
  | ({ type: 'emailChangeRequested'; email: string } & UserRef)
  | ({ type: 'emailChanged'; from: string; to: string } & UserRef)
  | ({ type: 'registered'; approvalNeeded: boolean; verificationNeeded: boolean } & UserRef)
  | ({ type: 'emailVerified' } & UserRef)
  | ({ type: 'approved' } & UserRef)
  | ({ type: 'userCreated' | 'userChanged' | 'userDisabled' | 'userEnabled' | 'userDeleted'; by: string } & UserRef)
  | ({ type: 'sessionsTerminated'; count: number; by: string } & UserRef)
  | ({ type: 'sessionEnded'; by: string } & UserRef)
  | ({ type: 'simulated'; actorId: number; actorName: string } & UserRef)
  | ({ type: 'simulationEnded'; actorId: number; actorName: string } & UserRef)
  | ({ type: 'oneTimeAccountUsed'; by: string } & UserRef)
  | { type: 'oneTimeAccountCreated'; by: string; minutes: number; groups: string[] }
  | ({ type: 'reauthenticated' } & UserRef)
  | { type: 'throttleLifted'; name: string; key: string; by: string }
  | { type: 'mailRetried'; mail: string; by: string }
  | { type: 'routesChanged'; by: string; change: string }
  | { type: 'refused'; reason: string; route: string; userId?: number | undefined; times: number }
);

export type EventType = AuthEvent['type'];

/** Every type, for whoever names some of them in a file; one that is forgotten here does not compile. */
const types: Record<EventType, true> = {
  approved: true,
  emailChangeRequested: true,
  emailChanged: true,
  emailVerified: true,
  lockout: true,
  login: true,
  loginFailed: true,
  logout: true,
  magicLinkRequested: true,
  mailRetried: true,
  oneTimeAccountCreated: true,
  oneTimeAccountUsed: true,
  passwordChanged: true,
  reauthenticated: true,
  refused: true,
  registered: true,
  resetRequested: true,
  routesChanged: true,
  sessionEnded: true,
  sessionsTerminated: true,
  simulated: true,
  simulationEnded: true,
  throttleLifted: true,
  unlocked: true,
  userChanged: true,
  userCreated: true,
  userDeleted: true,
  userDisabled: true,
  userEnabled: true,
};
export const eventTypes = Object.keys(types) as EventType[];
export type Listener = (event: AuthEvent) => void | Promise<void>;

export interface Teller {
  (event: AuthEvent): void;
  /** when all listeners have done what they were told so far */
  settled(): Promise<void>;
}

/** Tells every listener; each may fail alone, failures go to `onFailure`. */
export function createTeller(listeners: Listener[], onFailure: (error: unknown, event: AuthEvent) => void): Teller {
  const busy = new Set<Promise<void>>();
  const tell = (told: AuthEvent): void => {
    const event = { ...told, origin: copyOf(told.origin) };
    for (const listener of listeners) {
      const work = Promise.resolve()
        .then(() => listener(event))
        .catch((error: unknown) => onFailure(error, event))
        .finally(() => busy.delete(work));
      busy.add(work);
    }
  };
  const settled = async (): Promise<void> => {
    while (busy.size) await Promise.all(busy);
  };
  return Object.assign(tell, { settled });
}

/** An event outlives the request that it came from. */
function copyOf({ address, userAgent, requestId, actorId }: Origin): Origin {
  return { address, userAgent: userAgent.slice(0, 300), requestId, ...(actorId === undefined ? {} : { actorId }) };
}
