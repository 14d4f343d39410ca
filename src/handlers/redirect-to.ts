import { fill, placeholders, unknownPlaceholder } from '../lib/fill.js';
import type { HandlerDefinition, RouteEntry } from '../routes/contract.js';
import { knownNames, mistake } from './respond.js';

export const redirectTo: HandlerDefinition = {
  name: 'redirect-to',
  description: 'Sends the client on to another address; `{parameter}` of the path is filled in, URL-encoded.',
  changesState: false,
  options: {
    to: { type: 'string', minLength: 1, description: 'A path, or an http(s) URL.' },
    status: { enum: [301, 302, 303, 307, 308], description: 'Status of the answer, 302 unless said.' },
  },
  requiredOptions: ['to'],
  check(entry) {
    const wrong = wrongTarget(entry, String(entry.options.to), 'to');
    return wrong ? [mistake(entry, 'to', wrong)] : [];
  },
  create({ entry }) {
    const { to, status = 302 } = entry.options as { to: string; status?: number };
    return (ctx) => {
      ctx.body = null;
      ctx.status = status;
      ctx.set('Location', fill(to, ctx.params as Record<string, string>, encodeURIComponent));
    };
  },
};

/**
 * What is wrong with a target: a parameter may stand in its path and query, never where it could change scheme or host
 * (contract routes-yaml, section 4; ASVS 3.7.2).
 */
export function wrongTarget(entry: RouteEntry, target: string, kind: 'to' | 'upstream'): string | undefined {
  const isPath = kind === 'to' && /^\/(?![/\\])/.test(target);
  const origin = /^https?:\/\/[^/?#\\\s@]+(?=[/?#]|$)/i.exec(target)?.[0];
  if (!isPath && !origin)
    return kind === 'to' ? 'must be a path that begins with one "/", or an http(s) URL' : 'must be an http(s) URL';
  if (origin && placeholders(origin).length > 0) return 'a parameter cannot be part of the scheme or the host';
  if (origin && !URL.canParse(origin)) return `"${origin}" is not an address`;
  return unknownPlaceholder(target, knownNames(entry));
}
