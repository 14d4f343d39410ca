import { readFileSync } from 'node:fs';

/** The text of the routes the package ships. */
export const shippedRoutes = readFileSync(new URL('../../routes.yaml', import.meta.url), 'utf8');

/** The same with those that are switched off, as for visitors who make their own accounts. */
export const withRegistration = shippedRoutes.replaceAll('  enabled: false\n', '');

/** Every page for visitors that they serve. */
export const visitorPaths = [
  '/login',
  '/login/forgot-password',
  '/login/mail-sent?for=reset',
  '/login/reset-password?token=x',
  '/login/magic-link',
  '/login/magic-link?token=x',
  '/login/unlock?token=x',
  '/login/change-email?token=x',
  '/login/register',
  '/login/verify-email?token=x',
  '/login/one-time-account?token=x',
  '/login/locked',
  '/login/signed-out',
];
