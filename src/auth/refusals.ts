import type { Origin } from '../events.js';
import type { Reason } from '../errors.js';
import { networkKey } from '../lib/network-key.js';
import type { Services } from './services.js';

/** Refusals that somebody who tries to get round a guard collects (ASVS 16.3.2, 16.3.3). */
const telling: ReadonlySet<Reason> = new Set<Reason>([
  'cross-site',
  'csrf-missing',
  'csrf-mismatch',
  'provider-not-allowed',
  'throttled',
  'flooded-address',
  'flooded-user',
  'not-in-group',
  'not-owner',
  'not-admin',
  'not-permitted',
  'stale-login',
  'unknown-address',
  'link-unknown',
  'link-expired',
]);

export interface Refused {
  reason: Reason;
  route: string;
  userId?: number | undefined;
  origin: Origin;
}

interface Repeats {
  refused: Refused;
  since: number;
  times: number;
}

export interface RefusalWatch {
  /** whether it is worth finding out who was refused */
  wants(reason: Reason): boolean;
  note(refused: Refused): void;
}

const quiet = 60_000;
const mostKnown = 10_000;

/**
 * Tells of refusals that matter for security: the first at once, its repetitions from the same address within a minute
 * together, so that a flood of refused requests does not become a flood of audit lines that pushes out the others.
 */
export function createRefusalWatch({ clock, tell }: Services): RefusalWatch {
  const known = new Map<string, Repeats>();
  const report = ({ refused, times }: Repeats): void => tell({ type: 'refused', at: clock.now(), times, ...refused });

  const forgetOld = (now: number): void => {
    for (const [key, repeats] of known) {
      if (repeats.since > now - quiet && known.size < mostKnown) return;
      known.delete(key);
      if (repeats.times) report(repeats);
    }
  };

  const note = (refused: Refused): void => {
    const now = clock.now();
    forgetOld(now);
    const key = `${refused.reason} ${refused.route} ${refused.userId ?? ''} ${networkKey(refused.origin.address)}`;
    const repeats = known.get(key);
    if (repeats) return void (repeats.times += 1);
    known.set(key, { refused, since: now, times: 0 });
    report({ refused, since: now, times: 1 });
  };
  return { wants: (reason) => telling.has(reason), note };
}
