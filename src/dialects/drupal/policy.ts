import { mailOneTimeLogin, requestOneTimeLogin } from '../../auth/one-time-login.js';
import type { FloodLimits } from '../../auth/policy.js';
import type { Settings } from '../../config/settings.js';
import type { Policy } from '../dialect.js';
import { nameProblems } from './names.js';

/** The limits and choices of Drupal's user module, as configured (contract, sections 2 to 4). */
export function policy({ drupal }: Settings): Policy {
  const flood = floodLimits(drupal.flood);
  return {
    login: { byEmail: false, admitsBlockFirst: true, lockout: false, flood },
    loginWhileLoggedIn: 'refused',
    csrf: 'token',
    csrfOnReads: false,
    forgotten: (services, wish, visitor) => requestOneTimeLogin(services, wish, visitor, flood),
    forgottenPage: 'one-time-login-page',
    registration: {
      nameProblems,
      approval: drupal.register === 'visitors_admin_approval',
      ...(drupal.verifyMail ? { invite: mailOneTimeLogin } : {}),
    },
    editing: { nameProblems, flood },
  };
}

function floodLimits({ ipLimit, ipWindow, userLimit, userWindow, uidOnly }: Settings['drupal']['flood']): FloodLimits {
  return {
    addressLimit: ipLimit,
    addressWindow: ipWindow,
    userLimit,
    userWindow,
    userOnly: uidOnly,
  };
}
