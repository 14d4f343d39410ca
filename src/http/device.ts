import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import type { Device, Services } from '../auth/services.js';
import { readCookie, setCookie } from './cookies.js';
import { stateOf } from './state.js';

const name = 'gatehouse_device';
const purpose = 'device';
const lifetime = 400 * 24 * 60 * 60 * 1000;
const mostUsers = 10;

/** What the device cookie says, when its signature is ours: `<id>.<user ids, by dash>.<signature>`. */
export function readDevice(ctx: Context, services: Services): Device | undefined {
  const value = readCookie(ctx, name);
  if (value === undefined || value.length > 500) return undefined;
  const end = value.lastIndexOf('.');
  const text = value.slice(0, end);
  if (end < 1 || !services.keys.verify(purpose, text, value.slice(end + 1))) return undefined;
  const [id = '', users = ''] = text.split('.');
  return { id, userIds: users.split('-').map(Number) };
}

/** From now on this browser is known as one where that user logged in. */
export function rememberDevice(ctx: Context, services: Services, userId: number): void {
  const device = stateOf(ctx).visitor.device;
  if (device?.userIds[0] === userId) return;
  const users = [userId, ...(device?.userIds ?? []).filter((id) => id !== userId)].slice(0, mostUsers);
  const text = `${device?.id ?? randomBytes(16).toString('base64url')}.${users.join('-')}`;
  const value = `${text}.${services.keys.sign(purpose, text)}`;
  setCookie(ctx, services.settings, name, value, { httpOnly: true, maxAge: lifetime });
}
