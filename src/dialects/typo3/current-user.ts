import type { Services } from '../../auth/services.js';
import { absoluteTarget } from '../../http/redirects.js';
import { isLocked } from '../../auth/lockout.js';
import { unchanging } from '../../lib/written-once.js';
import type { User } from '../../stores/contract.js';

type View = ReturnType<typeof viewOf>;

/** By the record: where it is remembered it is frozen, and a change makes another one. Only a lock ends by itself. */
const views = new WeakMap<User, [View]>();

/** The body of `users/current`, a list of one. */
export function currentUserBody(user: User, services: Services): [View] {
  const known = views.get(user);
  if (known?.[0].locked === isLocked(user, services.clock.now())) return known;
  const body = unchanging<[View]>([viewOf(user, services)]);
  if (Object.isFrozen(user)) views.set(user, body);
  return body;
}

/**
 * A user as EXT:login shows them: exactly these 28 keys, alphabetical (contract ext-login, section 3). `unlockActionUrl`
 * stays empty: the original put a working, permanent unlock link there.
 */
function viewOf(user: User, services: Services) {
  const locked = isLocked(user, services.clock.now());
  return {
    address: user.address,
    city: user.city,
    company: user.company,
    country: user.country,
    crdate: user.crdate,
    email: user.email,
    endtime: user.endtime,
    fax: user.fax,
    firstName: user.firstName,
    forgotPasswordFormUrl: forgotPasswordUrl(user, services),
    image: null,
    lastName: user.lastName,
    lockMinutesInterval: services.settings.lockout.minutes,
    locked,
    loggedIn: true,
    middleName: user.middleName,
    name: user.name,
    notLocked: !locked,
    online: true,
    telephone: user.telephone,
    timeToUnlock: !locked,
    title: user.title,
    tstamp: user.tstamp,
    uid: user.id,
    unlockActionUrl: '',
    username: user.username,
    www: user.www,
    zip: user.zip,
  };
}

/** The configured page, else ours where routes.yaml serves it, with the address filled in; '' where there is none. */
function forgotPasswordUrl({ email }: User, { settings, pathOf }: Services): string {
  const configured = settings.redirects.forgotPasswordPage;
  if (configured) return withAddress(absoluteTarget(settings, configured), email);
  const ours = pathOf('forgot-password-page');
  const query = email && `?email=${encodeURIComponent(email)}`;
  return ours && settings.publicUrl + ours + query;
}

function withAddress(page: string, email: string): string {
  const url = new URL(page);
  if (email) url.searchParams.set('email', email);
  return url.href;
}
