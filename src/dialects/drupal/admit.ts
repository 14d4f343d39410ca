import type { Context } from 'koa';
import { Refusal } from '../../errors.js';
import { sendsBasic } from '../../http/basic.js';
import type { BoundRoute } from '../../routes/contract.js';
import type { Hearing } from '../dialect.js';
import { formats } from './formats.js';

/** What Drupal decides while it looks for the route, before anything of the route runs (contract, sections 1 and 5). */
export function admit(ctx: Context, route: BoundRoute): void {
  refuseFormat(ctx, route);
  refuseContentType(ctx, route);
  refuseProvider(ctx, route);
}

/** One that is there twice asks for two things at once. */
function refuseFormat(ctx: Context, { entry }: BoundRoute): void {
  const wanted = ctx.query['_format'];
  if (wanted === undefined) return;
  const supported = entry.formats.length ? entry.formats : Object.keys(formats);
  if (typeof wanted !== 'string' || !supported.includes(wanted)) throw new Refusal('not-acceptable', { supported });
}

/** Resources are written in JSON and say so; elsewhere the type is ignored, since clients send none or a wrong one. */
const typed: ReadonlySet<keyof Hearing | undefined> = new Set(['registration', 'userChange']);

function refuseContentType(ctx: Context, { handler }: BoundRoute): void {
  if (!typed.has(handler.hears)) return;
  const type = ctx.req.headers['content-type'];
  if (!/^application\/(x-)?json\s*(;|$)/i.test(type ?? '')) throw new Refusal('unsupported-type', { type });
}

function refuseProvider(ctx: Context, { authentication }: BoundRoute): void {
  if (sendsBasic(ctx) && !authentication.includes('basic')) throw new Refusal('provider-not-allowed');
}
