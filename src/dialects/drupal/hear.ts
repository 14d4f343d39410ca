import type { Context } from 'koa';
import { may, notPermitted } from '../../auth/permissions.js';
import type { Services } from '../../auth/services.js';
import { Refusal } from '../../errors.js';
import { loginOf } from '../../http/session.js';
import { readObject } from '../../http/body.js';
import { stateOf } from '../../http/state.js';
import type { Hearing } from '../dialect.js';
import { fieldsOf, readBody, readJsonBody } from './body.js';
import { hasPassword, readFields, toChange, toRegistration, type Submitted } from './fields.js';

/** Input of Drupal's user endpoints (contract, sections 3 and 4). */
export const hear: Partial<Hearing> = {
  async login(ctx, services) {
    const { name, pass } = await readForm(ctx, services);
    const missing = [...(isAbsent(name) ? ['name'] : []), ...(isAbsent(pass) ? ['pass'] : [])];
    if (missing.length) throw new Refusal('missing-credentials', { missing });
    // what is no text is nobody's name and nobody's password
    if (typeof name !== 'string' || typeof pass !== 'string') throw new Refusal('unknown-user');
    return { username: name, password: pass, remember: false };
  },

  async resetRequest(ctx, services) {
    const { name, mail } = await readForm(ctx, services);
    if (typeof name === 'string') return { username: name.trim() };
    if (typeof mail === 'string' && isAbsent(name)) return { email: mail.trim() };
    throw new Refusal('missing-credentials', { missing: ['name', 'mail'], either: true });
  },

  async oneTimeLogin(ctx, services) {
    const { user = '', timestamp = '', token = '' } = ctx.params as Record<string, string>;
    // our page's form says `password`, as all of them do
    const { pass, password = pass } = await readObject(ctx, services.settings.http.bodyLimit);
    const chosen = typeof password === 'string' && password !== '' ? password : undefined;
    return { userId: Number(user), issuedAt: Number(timestamp), token, password: chosen };
  },

  async registration(ctx, services) {
    const submitted = await readEntity(ctx, services, 'No user account data for registration received.');
    await refuseRegistration(ctx, services);
    refusePassword(submitted, services.settings.drupal.verifyMail);
    return toRegistration(submitted);
  },

  async userChange(ctx, services, user) {
    return toChange(await readEntity(ctx, services, 'No entity content received.'), user, services);
  },
};

/** What a route's own schema checked, or the body as it came. */
async function readForm(ctx: Context, services: Services): Promise<Record<string, unknown>> {
  return stateOf(ctx).input ?? fieldsOf(await readBody(ctx, services));
}

/** null is absent, an empty text is there. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

async function readEntity(ctx: Context, services: Services, whenEmpty: string): Promise<Submitted> {
  const body = fieldsOf(await readJsonBody(ctx, services));
  if (Object.keys(body).length === 0) throw new Refusal('bad-request', { message: whenEmpty });
  return readFields(body);
}

async function refuseRegistration(ctx: Context, services: Services): Promise<void> {
  const permission = 'restful post user_registration';
  if (await loginOf(ctx, services))
    throw new Refusal('already-authenticated', { message: 'Only anonymous users can register a user.' });
  if (services.settings.drupal.register === 'admin_only') throw new Refusal('registration-closed');
  if (!may(undefined, permission, services.settings)) throw notPermitted(undefined, permission);
}

/** Either the password comes with the registration, or it is set by the link that proves the address. */
function refusePassword(submitted: Submitted, verifyMail: boolean): void {
  if (hasPassword(submitted) !== verifyMail) return;
  const message = verifyMail
    ? 'A Password cannot be specified. It will be generated on login.'
    : 'No password provided.';
  throw new Refusal('invalid-input', { message });
}
