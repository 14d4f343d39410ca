import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import type { Settings } from '../../config/settings.js';
import type { Reason, Refusal } from '../../errors.js';
import { absoluteTarget } from '../../http/redirects.js';
import { isSafeMethod } from '../../http/security.js';
import { stateOf } from '../../http/state.js';
import { pages, signIn, instead } from '../../pages/index.js';
import type { Page } from '../../pages/page.js';
import { showPage } from '../../pages/show.js';
import { fill, waitText, type Texts } from '../../pages/text.js';
import { pathOf, type Form, type View } from '../../pages/view.js';
import { StoreUnavailable } from '../../stores/contract.js';
import { answers, type Answer } from './answers.js';
import { goTo, homeOf } from './go.js';
import { sealResume, type Resume } from './resume.js';
import { typedInto } from './typed.js';

/** Shows what was refused where people can do something about it: the page that posted, or one that helps. */
export async function refuse(ctx: Context, refusal: Refusal, services: Services): Promise<void> {
  const { reason, detail } = refusal;
  const target = configuredPage(refusal, services.settings);
  if (target) return goTo(ctx, absoluteTarget(services.settings, target));
  if (reason === 'already-authenticated' && isSafeMethod(ctx.method)) return goTo(ctx, homeOf(services));
  const answer = shownAs(refusal, services.settings);
  ctx.status = typeof detail.status === 'number' ? detail.status : answer.status;
  if (answer.instead === 'sign-in' || answer.instead === 'confirm') return ask(ctx, services, answer.instead);
  const typed = await typedInto(ctx, services);
  const page = answer.instead ? instead[answer.instead] : pageOf(ctx);
  const form = (view: View) => ({ typed, ...(answer.instead ? {} : complaint(view, refusal, answer)) });
  await showPage(ctx, services, page, form).catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable)) throw error;
    return showPage(ctx, services, instead.error, form);
  });
}

/** The page that posted the form. */
function pageOf(ctx: Context): Page {
  return pages.get(String(ctx.query['page'])) ?? instead.error;
}

/** Where the operator wants people to go instead (contract ext-login, sections 1 and 2.3). */
function configuredPage({ reason, detail }: Refusal, { redirects, accounts }: Settings): string {
  const targets: Partial<Record<Reason, string>> = {
    'already-authenticated': redirects.alreadyAuthenticated,
    'link-unknown': redirects.error.whenTokenNotFound,
    'link-expired': redirects.error.whenTokenExpired,
    locked: accounts.conceal ? '' : redirects.error.whenLocked,
    'not-found': detail['link'] === 'one-time-account' ? redirects.error.whenOneTimeAccountHashNotFound : '',
  };
  return targets[reason] ?? (answers[reason].guard ? redirects.loginPage : '');
}

/** Where accounts are concealed a lock is not told either. A link that is not found is one that does not work. */
function shownAs({ reason, detail }: Refusal, { accounts }: Settings): Answer {
  if (reason === 'locked' && accounts.conceal) return answers['wrong-password'];
  return detail['link'] ? { ...answers[reason], instead: 'unknown-link' } : answers[reason];
}

/**
 * For the login or, where it is too long ago, for the password, in the place of the page that was asked for; that one
 * comes back afterwards with everything that was typed.
 */
async function ask(ctx: Context, services: Services, what: 'sign-in' | 'confirm'): Promise<void> {
  const posted = !isSafeMethod(ctx.method);
  const resume = sealResume(services, posted ? await interrupted(ctx, services) : { path: ctx.url });
  await showPage(ctx, services, what === 'confirm' ? instead.confirm : signIn, ({ texts }) => ({
    typed: { resume },
    message: { kind: 'warning', text: question(texts, what, posted) },
  }));
}

/** What a form carries along without anybody typing it. */
const unseen = new Set(['user', 'name', 'key', 'token']);

async function interrupted(ctx: Context, services: Services): Promise<Resume> {
  const { name } = pageOf(ctx);
  const body = await typedInto(ctx, services);
  const typed = { ...body, ...(ctx.params as Record<string, string>) };
  return {
    path: pathOf(services, name, typed),
    page: name,
    typed,
    pressed: Object.keys(body).every((name) => unseen.has(name)),
  };
}

function question({ login, confirm }: Texts, what: 'sign-in' | 'confirm', posted: boolean): string {
  const { ended, endedTyping } = what === 'confirm' ? confirm : login;
  return posted ? endedTyping : ended;
}

function complaint(view: View, refusal: Refusal, { at }: Answer): Partial<Form> {
  const { problems = [], field = at } = refusal.detail;
  const errors: Record<string, string[]> = {};
  for (const { field, code, values } of problems)
    (errors[field] ??= []).push(view.text(view.texts.problems[code], values));
  const text = sentence(view, refusal);
  return at && field ? { errors: { ...errors, [field]: [text] } } : { errors, message: { kind: 'bad', text } };
}

/** Of somebody who is signed in only the password can be wrong. */
function sentence({ texts, ctx, language }: View, { reason, detail }: Refusal): string {
  if (reason === 'wrong-password' && detail.field) return texts.problems.wrong;
  const wait = detail.retryAfter === undefined ? '' : waitText(language, detail.retryAfter);
  const { requestId } = stateOf(ctx);
  return fill(texts.refusals[reason], { wait, requestId, message: String(detail['message'] ?? '') });
}
