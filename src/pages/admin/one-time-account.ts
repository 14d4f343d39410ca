import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { field, form, submit } from '../parts.js';
import { momentIn } from '../tables.js';
import type { View } from '../view.js';

export const oneTimeAccountAdmin: Page = {
  name: 'admin-one-time-account-page',
  description: 'Makes a link for a one-time account, to be copied.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.oneTime.title,
  content(view) {
    const { admin } = view.texts;
    return html`<div class="head">
        <div>
          <p class="small"><a href="${view.path('admin-users-page')}">${admin.users}</a></p>
          <h1>${admin.oneTime.title}</h1>
          <p class="quiet">${admin.oneTime.lead}</p>
        </div>
      </div>
      <section class="panel narrow">${view.form.outcome ? ready(view, view.form.outcome) : request(view)}</section>`;
  },
};

function request(view: View): Markup {
  const { oneTime, user } = view.texts.admin;
  const minutes = String(view.services.settings.oneTimeAccounts.minutes);
  const inputs = html`${field(view, { name: 'minutes', label: oneTime.minutes, inputmode: 'numeric', value: minutes, first: true })}
  ${field(view, { name: 'groups', label: user.groups, hint: user.groupsHint, optional: true })}
  ${submit(oneTime.submit)}`;
  return form(view, view.action('admin-one-time-account'), inputs);
}

function ready(view: View, { url, expiresAt }: Record<string, unknown>): Markup {
  const { oneTime } = view.texts.admin;
  const { words } = view.texts;
  return html`<p class="message good" role="status">${oneTime.ready}</p>
    <div class="field">
      <label for="link">${oneTime.link}</label>
      <div class="with-button">
        <input id="link" value="${String(url)}" readonly />
        <button type="button" hidden data-copies="link" data-done="${words.copied}">${words.copy}</button>
      </div>
      <p class="hint">${momentIn(view, oneTime.until, Number(expiresAt))}</p>
    </div>
    <p><a href="${view.path(view.page)}">${oneTime.another}</a></p>`;
}
