import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import type { Refusal, RefusalDetail, Reason } from '../../errors.js';
import type { Settings } from '../../config/settings.js';
import { prefersHtml } from '../../http/accepts.js';
import { absoluteTarget } from '../../http/redirects.js';
import { stateOf } from '../../http/state.js';
import { unchanging } from '../../lib/written-once.js';
import { words, type Words } from './words.js';

/** Turns a reason into status and body; a browser that a guard refuses is sent to the login page instead. */
export function refuse(ctx: Context, { reason, detail }: Refusal, services: Services): void {
  const entry = words[reason];
  const page = prefersHtml(ctx) && !detail.plain ? pageFor(reason, entry, detail, services.settings) : '';
  if (page) return redirect(ctx, absoluteTarget(services.settings, page));
  ctx.status = typeof detail.status === 'number' ? detail.status : entry.status;
  ctx.body = body(ctx, entry, { ...detail, concealed: services.settings.accounts.conceal });
}

function redirect(ctx: Context, target: string): void {
  ctx.body = null;
  ctx.status = 303;
  ctx.set('Location', target);
}

/** Where a browser goes instead of reading JSON; '' = it reads JSON. */
function pageFor(reason: Reason, entry: Words, { link }: RefusalDetail, { accounts, redirects }: Settings): string {
  const pages: Partial<Record<Reason, string>> = {
    'already-authenticated': redirects.alreadyAuthenticated,
    'link-unknown': redirects.error.whenTokenNotFound,
    'link-expired': redirects.error.whenTokenExpired,
    // with concealed accounts the lock is a secret, and so is that the password was right
    locked: accounts.conceal ? '' : redirects.error.whenLocked,
    'not-found': link === 'one-time-account' ? redirects.error.whenOneTimeAccountHashNotFound : '',
  };
  return pages[reason] ?? ('guard' in entry && entry.guard ? redirects.loginPage : '');
}

function body(ctx: Context, entry: Words, detail: RefusalDetail): Record<string, unknown> {
  if ('fields' in entry) return { errors: entry.fields(detail) };
  const text = typeof entry.text === 'string' ? entry.text : entry.text(detail);
  const extra = extras(ctx, entry, detail);
  const echo = fieldEcho(ctx, text, entry.status);
  return extra || echo || text !== entry.text ? { error: text, ...extra, ...echo } : alone(text);
}

const written = new Map<string, Record<string, unknown>>();

/** The same object each time: for one of our own texts, which are few. */
function alone(text: string): Record<string, unknown> {
  const known = written.get(text);
  if (known) return known;
  const body = unchanging({ error: text });
  written.set(text, body);
  return body;
}

function extras(ctx: Context, { status }: Words, { position }: RefusalDetail): Record<string, unknown> | undefined {
  if (position !== undefined) return { position };
  return status === 500 ? { requestId: stateOf(ctx).requestId } : undefined;
}

/** Form clients read only `errors` and must be able to unlock the form after a 429 or 401 (contract, section 1). */
function fieldEcho(ctx: Context, text: string, status: number): Record<string, unknown> | undefined {
  const field = stateOf(ctx).route?.firstField;
  const echoed = status === 401 || status === 403 || status === 429 || status === 503;
  return field && echoed ? { errors: { [field]: [text] } } : undefined;
}
