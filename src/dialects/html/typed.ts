import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import { readObject } from '../../http/body.js';
import { csrfField } from '../../pages/parts.js';

/** The token that one of our forms carries; undefined where it carries none. */
export async function tokenInForm(ctx: Context, { settings }: Services): Promise<string | undefined> {
  const body: Record<string, unknown> = await readObject(ctx, settings.http.bodyLimit).catch(() => ({}));
  const token = body[csrfField];
  return typeof token === 'string' && token !== '' ? token : undefined;
}

/** What was typed into a form, to be shown again; never a password. A body that cannot be read has nothing in it. */
export async function typedInto(ctx: Context, { settings }: Services): Promise<Record<string, string>> {
  const body = await readObject(ctx, settings.http.bodyLimit).catch(() => ({}));
  const kept = Object.entries(body).filter(([name]) => !/pass/i.test(name) && name !== csrfField);
  return Object.fromEntries(kept.map(([name, value]) => [name, asTyped(value)]));
}

/** The route's schema may have made a ticked box `true` already. */
function asTyped(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
