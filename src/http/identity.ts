import type { IncomingHttpHeaders } from 'node:http';
import type { Login } from './state.js';

/** The headers that tell a backend who is there; a client's own of these names never reach it. */
export const identityHeaderNames = ['x-user-id', 'x-user-name', 'x-user-groups'];

/** Values outside of printable ASCII are percent-encoded, as header fields cannot carry them (RFC 9110, section 5.5). */
export function identityHeaders(login: Login | undefined): Record<string, string> {
  if (!login) return {};
  const { id, username, groups } = login.user;
  return {
    'X-User-Id': String(id),
    'X-User-Name': headerText(username),
    'X-User-Groups': groups.map(({ name }) => headerText(name).replaceAll(',', '%2C')).join(','),
  };
}

function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent);
}

/** Underscores arrive as dashes in many backends, so both spellings are forged ones. */
export function isIdentityHeader(name: string): boolean {
  return identityHeaderNames.includes(name.toLowerCase().replaceAll('_', '-'));
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** The headers that go on to the other side: none that speak of this connection only (RFC 9110, section 7.6.1). */
export function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = new Set(
    (headers.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  const passing = Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.has(name));
  return Object.fromEntries(passing.filter(([, value]) => value !== undefined)) as Record<string, string | string[]>;
}
