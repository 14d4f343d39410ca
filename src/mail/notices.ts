import { mailOneTimeLogin } from '../auth/one-time-login.js';
import { issueUnlockUrl } from '../auth/unlock-link.js';
import type { Services } from '../auth/services.js';
import type { AuthEvent, EventType } from '../events.js';
import type { User } from '../stores/contract.js';

type Told<T extends EventType> = Extract<AuthEvent, { type: T }>;
type Notices = { [T in EventType]?: (services: Services, event: Told<T>) => Promise<void> };

/** The mails that follow from what happened (contract ext-login, section 7; ASVS 6.3.5, 6.3.7). */
export async function sendNotices(services: Services, event: AuthEvent): Promise<void> {
  const notice = notices[event.type] as ((services: Services, event: AuthEvent) => Promise<void>) | undefined;
  await notice?.(services, event);
}

const notices: Notices = {
  async login(services, event) {
    if (services.settings.mail.login && event.factor !== 'basic') await tellOwner(services, event, 'login');
  },

  async lockout(services, event) {
    const url = await issueUnlockUrl(services, { id: event.userId });
    await tellOwner(services, event, 'lockout', { url, minutes: services.settings.lockout.minutes });
  },

  approved: (services, event) => tellApproved(services, event),

  passwordChanged: (services, event) => tellOwner(services, event, 'password-changed'),

  /** goes to the address that was replaced: there its owner learns of a change that was not theirs */
  emailChanged: (services, event) => tellOwner(services, event, 'email-changed', { email: event.to }, event.from),
};

/** Who has no password yet gets the link that lets them choose one. */
async function tellApproved(services: Services, event: OfUser): Promise<void> {
  const user = await services.stores.users.findById(event.userId);
  if (!user?.email) return;
  if (user.passwordHash === '') await services.stores.atomically((stores) => mailOneTimeLogin(services, user, stores));
  else
    await tellOwner(services, event, 'approved', { url: services.settings.publicUrl + services.pathOf('login-page') });
}

type OfUser = AuthEvent & { userId: number };
type Values = Record<string, string | number>;

async function tellOwner(
  services: Services,
  event: OfUser,
  template: string,
  values: Values = {},
  to?: string,
): Promise<void> {
  const user = await services.stores.users.findById(event.userId);
  if (user && (to ?? user.email)) await post(services, event, user, { template, to: to ?? user.email, values });
}

/** In a notice without a link of its own: where a password that others know is replaced. */
function newPasswordUrl({ settings, pathOf }: Services): Values {
  const ours = settings.redirects.forgotPasswordPage ? '' : pathOf('forgot-password-page');
  return ours ? { url: settings.publicUrl + ours } : {};
}

/** When and from where, unless an administrator did it on the server itself. */
function post(
  services: Services,
  { at, origin }: OfUser,
  user: User,
  { template, to, values }: { template: string; to: string; values: Values },
): Promise<void> {
  const { address, userAgent } = origin.requestId ? origin : { address: '', userAgent: '' };
  const about = { ...newPasswordUrl(services), at, address, userAgent };
  return services.mailer.post({ template, to, user, values: { ...about, ...values } });
}
