import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import { readCookie, setCookie } from './cookies.js';

const name = 'gatehouse_magic';

/** Where links work only in the browser that asked (`links.bindMagicToBrowser`), this is how it is recognised. */
export function markBrowser(ctx: Context, services: Services): string | undefined {
  const { bindMagicToBrowser, magicMinutes } = services.settings.links;
  if (!bindMagicToBrowser) return undefined;
  const mark = browserMark(ctx) ?? randomBytes(24).toString('base64url');
  setCookie(ctx, services.settings, name, mark, { httpOnly: true, maxAge: magicMinutes * 60_000 });
  return mark;
}

export function browserMark(ctx: Context): string | undefined {
  const mark = readCookie(ctx, name);
  return mark?.length === 32 ? mark : undefined;
}
