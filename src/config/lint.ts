import type { Mistake } from '../errors.js';
import type { LoadedSettings } from './load.js';

/** What works, but is probably not meant. `check --strict` makes errors of it. */
export function lintSettings({ settings, place }: LoadedSettings): Mistake[] {
  const where = place('/accounts/conceal');
  const isMeant = where && !where.file.endsWith('default.yaml');
  if (!settings.production || isMeant) return [];
  const message = 'say whether answers may tell strangers who has an account; writing false says that they may';
  return [{ key: 'accounts.conceal', message }];
}
