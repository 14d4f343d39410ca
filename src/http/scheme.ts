import type { IncomingMessage } from 'node:http';
import type { Settings } from '../config/settings.js';
import { createPeerTrust } from './client-address.js';

/**
 * Under which scheme the client called. This server itself never speaks TLS, so its socket does not know: a trusted proxy
 * says it in `X-Forwarded-Proto` (the last entry is its own), else it is the public URL's.
 */
export function createSchemeResolver({ http, publicUrl }: Settings): (request: IncomingMessage) => string {
  const isTrusted = createPeerTrust(http.trustedProxies);
  const usual = publicUrl.startsWith('https:') ? 'https' : 'http';
  return (request) => {
    const said = request.headers['x-forwarded-proto'];
    if (said === undefined || !isTrusted(request)) return usual;
    const last = String(said).split(',').at(-1)!.trim().toLowerCase();
    return last === 'https' || last === 'http' ? last : usual;
  };
}
