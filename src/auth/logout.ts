import type { User } from '../stores/contract.js';
import type { Services, Visitor } from './services.js';

/** The event of a logout; the session itself ends with the answer. */
export function tellLogout(services: Services, user: User | undefined, visitor: Visitor): void {
  if (!user) return;
  services.tell({
    type: 'logout',
    at: services.clock.now(),
    origin: visitor,
    userId: user.id,
    username: user.username,
  });
}
