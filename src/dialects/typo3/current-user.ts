import type { Services } from '../../auth/services.js';
import { absoluteTarget } from '../../http/redirects.js';
import { isLocked } from '../../auth/lockout.js';
import type { User } from '../../stores/contract.js';

/**
 * A user as EXT:login shows them: exactly these 28 keys, alphabetical (contract ext-login, section 3). `unlockActionUrl`
 * stays empty: the original put a working, permanent unlock link there.
 */
export function currentUserView(user: User, services: Services) {
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

function forgotPasswordUrl({ email }: User, { settings }: Services): string {
  const page = settings.redirects.forgotPasswordPage;
  if (!page) return '';
  const url = new URL(absoluteTarget(settings, page));
  if (email) url.searchParams.set('email', email);
  return url.href;
}
