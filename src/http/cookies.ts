import type { Context } from 'koa';
import type { Settings } from '../config/settings.js';

/** The first cookie of that name; undefined when there is none. No decoding: our values are URL-safe. */
export function readCookie(ctx: Context, name: string): string | undefined {
  const header = ctx.req.headers.cookie;
  if (header === undefined) return undefined;
  let start = 0;
  while (start < header.length) {
    let end = header.indexOf(';', start);
    if (end === -1) end = header.length;
    while (header.charCodeAt(start) === 32) start += 1;
    if (header.startsWith(name, start) && header.charCodeAt(start + name.length) === 61) {
      return unquoted(header.slice(start + name.length + 1, end).trimEnd());
    }
    start = end + 1;
  }
  return undefined;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/**
 * The attributes every cookie of ours shares. `Secure` follows the public URL, not the socket: behind a TLS proxy the
 * socket is plain (contract ext-login, section 6).
 */
export function cookieAttributes(settings: Settings) {
  const { sameSite, domain } = settings.session.cookie;
  return {
    path: '/',
    sameSite,
    secure: settings.publicUrl.startsWith('https:'),
    ...(domain ? { domain } : {}),
    signed: false,
    overwrite: true,
  };
}

export function setCookie(
  ctx: Context,
  settings: Settings,
  name: string,
  value: string,
  options: { httpOnly: boolean; maxAge?: number | undefined },
): void {
  trustPublicUrl(ctx, settings);
  ctx.cookies.set(name, value, { ...cookieAttributes(settings), ...options });
}

export function expireCookie(ctx: Context, settings: Settings, name: string): void {
  trustPublicUrl(ctx, settings);
  ctx.cookies.set(name, '', { ...cookieAttributes(settings), httpOnly: false, expires: new Date(0) });
}

/** Who is refused, or told that the store is away, keeps the cookies they had and gets none of a session that is not. */
export async function orKeepCookies<T>(ctx: Context, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    ctx.remove('Set-Cookie');
    throw error;
  }
}

/** The cookies library refuses `secure` on a plain socket; our public URL knows better. */
export function trustPublicUrl(ctx: Context, settings: Settings): void {
  ctx.cookies.secure = settings.publicUrl.startsWith('https:');
}
