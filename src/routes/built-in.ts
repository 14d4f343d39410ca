import type { Settings } from '../config/settings.js';
import type { RouteEntry } from './contract.js';

/** Paths the server answers before it looks at the routes: with every method, or only what reads. */
function builtInPaths({ metrics, docs }: Settings): Record<string, 'all' | 'reads'> {
  return {
    '/health/live': 'all',
    '/health/ready': 'all',
    ...(metrics.enabled ? { '/metrics': 'reads' } : {}),
    ...(docs.enabled ? { '/openapi.json': 'reads', '/docs': 'reads' } : {}),
  };
}

/** The route can never be asked for something: the server itself answers there. */
export function isBehindBuiltIn({ path, methods }: RouteEntry, settings: Settings): boolean {
  const answered = new Map(Object.entries(builtInPaths(settings))).get(path);
  return answered === 'all' || (answered === 'reads' && (methods.length === 0 || methods.includes('GET')));
}
