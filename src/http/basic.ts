import type { Context } from 'koa';
import { recognise, type Credentials } from '../auth/login.js';
import type { Services } from '../auth/services.js';
import { andThen, type Answer } from '../lib/answer.js';
import { stateOf, type Login } from './state.js';

/** Asks for name and password (RFC 7617). */
export const basicChallenge = 'Basic realm="Gatehouse"';

/** The request carries `Authorization: Basic` (RFC 7617), readable or not. */
export function sendsBasic(ctx: Context): boolean {
  const header = ctx.req.headers.authorization;
  return header !== undefined && /^basic(\s|$)/i.test(header);
}

/** Whom name and password of the request belong to; wrong ones belong to nobody. No session is made. */
export function basicLogin(ctx: Context, services: Services): Answer<Login | undefined> {
  const { route, visitor } = stateOf(ctx);
  if (!route) return undefined;
  const proof = { evidence: ctx.req.headers.authorization ?? '', read: basicCredentials };
  const { login } = route.dialect.policy(services.settings);
  return andThen(recognise(services, proof, visitor, login), (user) => user && { user, provider: 'basic' });
}

function basicCredentials(header: string): Credentials | undefined {
  const encoded = /^basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(header)?.[1];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
