import type { Origin } from '../events.js';
import type { User } from '../stores/contract.js';
import { postJob } from './jobs.js';
import { storeRegistration, type Draft } from './store-registration.js';
import type { Services, Visitor } from './services.js';
import { releaseUnproven } from './unproven.js';
import { mailVerification } from './verify-email.js';

export const registrationJob = 'registration';

/**
 * Where `accounts.conceal` hides who is known, a registration is only written down: whether its names are free is looked
 * up after the answer, so neither the answer nor its time tells (ASVS 6.3.8). Whoever reads the mailbox learns the rest.
 */
export async function concealRegistration(services: Services, draft: Draft, visitor: Visitor): Promise<void> {
  const { address, userAgent, requestId } = visitor;
  const origin = { address, userAgent: userAgent.slice(0, 300), requestId };
  await postJob(services, { kind: registrationJob, payload: { ...draft, origin } });
}

/** What a concealed registration comes to: a user, or a mail that says why there is none. */
export async function performRegistration(services: Services, payload: Record<string, unknown>): Promise<void> {
  const { origin, ...draft } = payload as unknown as Draft & { origin: Origin };
  await releaseUnproven(services, draft);
  const owner = await services.stores.users.findByEmail(draft.email);
  if (owner) return tellOwner(services, owner);
  if (await services.stores.users.findByUsername(draft.username)) return tellNameTaken(services, draft);
  await storeRegistration(services, draft, origin, { approval: false, invite: mailVerification });
}

/** Who has not proven the address yet gets the link once more. */
async function tellOwner(services: Services, owner: User): Promise<void> {
  if (owner.verified)
    return services.mailer.post({ template: 'registered-existing', to: owner.email, user: owner, values: {} });
  await services.stores.atomically((stores) => mailVerification(services, owner, stores));
  services.mailer.wake();
}

function tellNameTaken({ mailer, settings, pathOf }: Services, { username, email }: Draft): Promise<void> {
  const url = settings.publicUrl + pathOf('register-page');
  return mailer.post({ template: 'name-taken', to: email, values: { username, url } });
}
