import type { Mistake } from '../errors.js';
import type { LoadedSettings } from './load.js';

/** What works, but is probably not meant. `check --strict` makes errors of it. */
export function lintSettings(loaded: LoadedSettings): Mistake[] {
  if (!loaded.settings.production) return [];
  return rules.flatMap((rule) => rule(loaded) ?? []);
}

const rules: ((loaded: LoadedSettings) => Mistake | undefined)[] = [unsaid, readableOnTheWay];

function unsaid({ place }: LoadedSettings): Mistake | undefined {
  const where = place('/accounts/conceal');
  if (where && !where.file.endsWith('default.yaml')) return undefined;
  const message = 'say whether answers may tell strangers who has an account; writing false says that they may';
  return { key: 'accounts.conceal', message };
}

/** Without TLS passwords and cookies can be read on their way (ASVS 12.2.1); on this machine nobody is in between. */
function readableOnTheWay({ settings, place }: LoadedSettings): Mistake | undefined {
  const { protocol, hostname } = new URL(settings.publicUrl);
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return undefined;
  const message = 'passwords and cookies can be read on their way: use https, with a TLS proxy in front';
  return { place: place('/publicUrl'), key: 'publicUrl', message };
}
