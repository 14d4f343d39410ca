import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import type { Login } from './state.js';

/** `Authorization: Basic`, RFC 7617. Undefined when there is no such header or it cannot be read. */
export function basicCredentials(ctx: Context): { username: string; password: string } | undefined {
  const header = ctx.req.headers.authorization;
  const encoded = /^basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(header ?? '')?.[1];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

export async function basicLogin(_ctx: Context, _services: Services): Promise<Login | undefined> {
  return undefined;
}
