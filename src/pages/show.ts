import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import { gate } from './look.js';
import { html, Markup } from './html.js';
import type { Page } from './page.js';
import { button, emptyForm, messageBox } from './parts.js';
import { directionOf } from './text.js';
import { View, type Form } from './view.js';

/** Answers with a page; the status is the caller's. `describe` says what came of the form that was posted. */
export async function showPage(
  ctx: Context,
  services: Services,
  page: Page,
  describe: (view: View) => Partial<Form> = opened,
): Promise<void> {
  const view = await View.of(ctx, services, page.name);
  Object.assign(view.form, describe(view));
  const body = await bodies[page.kind](view, page);
  sendHeaders(ctx, view, page);
  ctx.body = view.look.frame({
    language: view.language,
    direction: directionOf(view.language),
    title: page.title(view),
    siteName: services.settings.pages.name,
    kind: page.kind,
    icon: view.look.icon,
    style: `<style>${view.look.styles[page.kind]}</style>`,
    script: `<script type="module">${view.look.script}</script>`,
    body: body.text,
  });
}

/** A page that is opened after something was done says so once: `?done=` names a sentence. */
function opened({ ctx, texts }: View): Partial<Form> {
  const done = String(ctx.query['done']);
  if (!Object.hasOwn(texts.done, done)) return {};
  return { message: { kind: 'good', text: texts.done[done as keyof typeof texts.done] } };
}

/**
 * `same-origin`, because with `no-referrer` a browser's form says `Origin: null`, which our own cross-site rule refuses;
 * nothing of ours links elsewhere, so a token in an address stays here (ASVS 3.4.5, 3.4.8).
 */
function sendHeaders(ctx: Context, view: View, page: Page): void {
  ctx.set('Content-Security-Policy', view.look.policies[page.kind]);
  ctx.set('Referrer-Policy', 'same-origin');
  ctx.set('Cross-Origin-Opener-Policy', 'same-origin');
  ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Vary', 'Accept, Accept-Language');
  ctx.set('Content-Language', view.language);
  ctx.type = 'text/html; charset=utf-8';
}

const bodies: Record<Page['kind'], (view: View, page: Page) => Promise<Markup>> = {
  async card(view, page) {
    const content = await page.content(view);
    return html`${actingBanner(view)}
      <div class="frame">
        <header><a class="brand" href="${view.path('home-page') || '/'}">${brand(view)}</a></header>
        <main class="card" id="content">
          <h1>${page.title(view)}</h1>
          ${messages(view)} ${content}
        </main>
      </div>`;
  },

  async wide(view, page) {
    const content = await page.content(view);
    return html`<a class="skip" href="#content">${view.texts.words.skip}</a>
      ${actingBanner(view)} ${topBar(view)}
      <main id="content">${messages(view)} ${content}</main>`;
  },
};

export function brand(view: View): Markup {
  return html`${new Markup(gate)}<span>${view.services.settings.pages.name}</span>`;
}

/** After the content, so that it knows which fields were shown. */
function messages(view: View): Markup {
  const { errors, message } = view.form;
  const others = Object.keys(errors).filter((name) => !view.shownErrors.has(name));
  return messageBox(
    message,
    others.flatMap((name) => errors[name]!),
  );
}

/** An administrator who acts as somebody else sees so on every page, with the way back (signing out returns to them). */
function actingBanner(view: View): Markup {
  const { login, texts } = view;
  if (!login?.session?.actorId) return html``;
  return html`<aside class="acting" aria-label="${texts.words.stopActing}">
    <span>${view.text(texts.words.acting, { username: login.user.username })}</span>
    ${emptyForm(view, view.action('logout'), button(texts.words.stopActing, { kind: 'slim' }))}
  </aside>`;
}

function topBar(view: View): Markup {
  const { login, texts } = view;
  return html`<header class="top">
    <div class="bar">
      <a class="brand" href="${view.path('home-page') || '/'}">${brand(view)}</a>
      ${
        login &&
        html`<div class="who">
          <span class="name"><bdi>${login.user.username}</bdi></span>
          ${!login.session?.actorId && emptyForm(view, view.action('logout'), button(texts.words.signOut, { kind: 'slim' }))}
        </div>`
      }
      ${tabs(view)}
    </div>
  </header>`;
}

/** The pages an administrator goes between; everybody else has one. */
function tabs(view: View): Markup {
  const { admin, words, account } = view.texts;
  if (!view.login?.user.admin) return html``;
  const pages: [string, string][] = [
    ['account-page', account.title],
    ['admin-page', admin.overview],
    ['admin-users-page', admin.users],
    ['admin-sessions-page', admin.sessions],
    ['admin-audit-page', admin.audit],
    ['admin-mails-page', admin.mails],
    ['admin-throttles-page', admin.throttles],
    ['admin-routes-page', admin.routes],
  ];
  const served = pages.map(([page, label]) => ({ page, label, path: view.path(page) })).filter(({ path }) => path);
  return html`<nav class="tabs" aria-label="${words.menu}">
    <ul>
      ${served.map(({ page, label, path }) => html`<li><a href="${path}" ${current(view, page)}>${label}</a></li>`)}
    </ul>
  </nav>`;
}

/** `admin-user-page` belongs to `admin-users-page`. */
function current(view: View, page: string): Markup {
  const stem = page.replace(/s?-page$/, '');
  const here = view.page === page || (stem !== 'admin' && view.page.startsWith(stem));
  return html`${here && html`aria-current="page"`}`;
}
