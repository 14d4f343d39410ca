import type { Origin } from '../events.js';
import { parseMailbox } from '../lib/address.js';
import type { Stores, User } from '../stores/contract.js';
import type { Registration } from './register.js';
import type { Services } from './services.js';
import { refusingTaken } from './taken.js';

/** What is to be stored; the password is hashed already. */
export type Draft = Pick<Registration, 'username' | 'email' | 'profile'> & { passwordHash: string };

export interface StoringRules {
  /** the new user waits for an administrator, who is told by mail; where the address is proven first, not before that */
  approval: boolean;
  /** an address is proven before an administrator is asked */
  provesFirst?: boolean;
  /** mails the link that proves the address, within the step that stores the user; absent = the address is believed */
  invite?: (services: Services, user: User, stores: Stores) => Promise<void>;
}

export interface Registered {
  user: User;
  approvalNeeded: boolean;
  verificationNeeded: boolean;
}

/**
 * Whether a name is free only the store can tell for sure: of any number of parallel registrations of one name exactly
 * one is stored. User and mails are stored in one step.
 * @throws Refusal 'invalid-input' when a name is taken
 */
export async function storeRegistration(
  services: Services,
  { profile, ...draft }: Draft,
  origin: Origin,
  { approval, provesFirst, invite }: StoringRules,
): Promise<Registered> {
  const state = { disabled: approval && !provesFirst, verified: invite === undefined };
  const user = await refusingTaken(draft, () =>
    services.stores.atomically(async (stores) => {
      const stored = await stores.users.insert({ ...profile, ...draft, ...state });
      if (state.disabled) await askForApproval(services, stored, stores);
      else await invite?.(services, stored, stores);
      return stored;
    }),
  );
  services.mailer.wake();
  const needs = { approvalNeeded: approval, verificationNeeded: invite !== undefined };
  const told = { at: services.clock.now(), origin, userId: user.id, username: user.username };
  services.tell({ type: 'registered', ...needs, ...told });
  return { user, ...needs };
}

/** Mails the people who run the site. */
export async function askForApproval({ mailer, settings }: Services, { username, email }: User, stores: Stores) {
  const to = parseMailbox(settings.mail.siteAddress)?.address ?? '';
  await mailer.post({ template: 'register-approval', to, values: { username, email } }, stores);
}
