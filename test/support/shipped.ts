import { readFileSync } from 'node:fs';

/** The text of the routes the package ships. */
export const shippedRoutes = readFileSync(new URL('../../routes.yaml', import.meta.url), 'utf8');

/** The same with those that are switched off, as for visitors who make their own accounts. */
export const withRegistration = shippedRoutes.replaceAll('  enabled: false\n', '');
