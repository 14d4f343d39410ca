import { requestReset } from '../../auth/reset.js';
import { mailVerification } from '../../auth/verify-email.js';
import { readObject } from '../../http/body.js';
import type { Dialect } from '../dialect.js';
import { document } from './document.js';
import { hear } from './hear.js';
import { nameProblems } from './names.js';
import { refuse } from './refuse.js';
import { say } from './say.js';
import { problemText } from './words.js';

/**
 * The REST contract of TYPO3's EXT:login (contract ext-login): form clients that read `errors` by field or `redirect`.
 * A token travels in `X-CSRF-TOKEN`, or in `X-XSRF-TOKEN` as axios and Angular send it; an empty one counts as absent.
 */
export const typo3: Dialect = {
  name: 'typo3',
  description: 'TYPO3 EXT:login: {"errors":{"field":[…]}} or {"redirect":…}',
  forBrowsers: 'html',
  matching: { sensitive: true, strict: true },
  readBody: async (ctx, { settings }) => ({
    value: await readObject(ctx, settings.http.bodyLimit),
    from: ctx.is('urlencoded') === 'urlencoded' ? 'text' : 'json',
  }),
  hear,
  say,
  refuse,
  problemText,
  policy: ({ accounts, csrf }) => ({
    login: { byEmail: accounts.loginByEmail, admitsBlockFirst: false, lockout: true },
    loginWhileLoggedIn: 'replaces',
    csrf: csrf.require === 'token' ? 'same-origin' : 'origin',
    csrfOnReads: true,
    forgotten: (services, { email = '' }, visitor) => requestReset(services, email, visitor),
    forgottenPage: 'reset-password-page',
    registration: {
      nameProblems,
      approval: accounts.registration.approval,
      provesFirst: true,
      conceals: accounts.conceal,
      invite: mailVerification,
    },
  }),
  csrfToken: (ctx) => ctx.get('x-csrf-token') || ctx.get('x-xsrf-token') || undefined,
  optionsStatus: 204,
  formats: { json: 'application/json' },
  document,
};
