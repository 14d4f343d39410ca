import type { Settings } from '../config/settings.js';
import { Refusal } from '../errors.js';

/** Absolute URL of a configured target; a path is joined to the public URL, '' falls back to it. */
export function absoluteTarget(settings: Settings, target: string): string {
  if (target === '') return settings.publicUrl;
  return target.startsWith('/') ? settings.publicUrl + target : target;
}

/**
 * A target chosen by the client, when `redirects.allowReturnTo` lets it: a path of ours or an URL on an allowed origin,
 * judged by what a browser would make of it (contract ext-login, section 11; ASVS 3.7.2).
 * @throws Refusal('invalid-input') on `returnTo`
 */
export function clientTarget(settings: Settings, target: string): string {
  const url = parseTarget(settings, target);
  if (!url) throw new Refusal('invalid-input', { problems: [{ field: 'returnTo', code: 'not-allowed' }] });
  return url.href;
}

function parseTarget(settings: Settings, target: string): URL | undefined {
  if (!/^(\/(?!\/)|https?:\/\/[^/@]+(\/|$|\?|#))/i.test(target) || /[\\\u0000-\u0020\u007f]/.test(target))
    return undefined;
  const base = new URL(settings.publicUrl);
  const absolute = absoluteTarget(settings, target);
  const url = URL.canParse(absolute) ? new URL(absolute) : undefined;
  const allowed = url && [base.origin, ...settings.redirects.origins].includes(url.origin);
  return allowed && !url.username && !url.password ? url : undefined;
}
