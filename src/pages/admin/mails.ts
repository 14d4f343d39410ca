import type { OutboxMail } from '../../stores/contract.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { button, choice, emptyForm } from '../parts.js';
import { moment, momentIn, pager, table, tag, type Tone } from '../tables.js';
import type { View } from '../view.js';

const pageSize = 50;

export const mails: Page = {
  name: 'admin-mails-page',
  description: 'The outbox: what is sent, what waits, what went wrong.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.mails,
  async content(view) {
    const { admin } = view.texts;
    const offset = view.offset();
    const state = view.value('state') as OutboxMail['state'];
    const query = Object.hasOwn(tones, state) ? { state } : {};
    const found = await view.services.stores.outbox.list({ ...query, offset, limit: pageSize + 1 });
    return html`<div class="head"><h1>${admin.mails}</h1></div>
      ${filters(view)}
      <section class="panel flush">
        ${found.length ? list(view, found.slice(0, pageSize)) : html`<p class="empty">${admin.mail.none}</p>`}
      </section>
      ${pager(view, { offset, limit: pageSize, more: found.length > pageSize })}`;
  },
};

const tones: Record<OutboxMail['state'], Tone> = { waiting: 'warning', sent: 'good', dead: 'bad' };

function filters(view: View): Markup {
  const { mail, user } = view.texts.admin;
  const { states } = mail;
  const options: [string, string][] = [['', mail.any], ...Object.entries(states)];
  return html`<form class="filters" method="get" role="search">
    ${choice(view, { name: 'state', label: mail.state, value: view.value('state'), options })}
    <div><button>${user.filter}</button></div>
  </form>`;
}

function list(view: View, found: OutboxMail[]): Markup {
  const { admin } = view.texts;
  return table(
    admin.mails,
    [
      { label: admin.mail.recipient, cell: (mail) => html`<span class="cut"><bdi>${mail.recipient}</bdi></span>` },
      { label: admin.mail.template, cell: ({ template }) => template },
      { label: admin.mail.made, cell: ({ createdAt }) => moment(view, createdAt) },
      { label: admin.mail.state, cell: ({ state }) => tag(admin.mail.states[state], tones[state]) },
      { label: admin.mail.attempts, number: true, cell: ({ attempts }) => attempts },
      { label: admin.mail.error, cell: (mail) => trouble(view, mail) },
      { label: view.texts.words.actions, wide: true, cell: (mail) => buttons(view, mail) },
    ],
    found,
  );
}

function trouble(view: View, { state, lastError, nextTryAt }: OutboxMail): Markup {
  if (!lastError) return html`&ndash;`;
  const next =
    state === 'waiting' &&
    html`<span class="quiet small">${momentIn(view, view.texts.admin.mail.nextTry, nextTryAt)}</span>`;
  return html`<span class="cut">${lastError}</span> ${next}`;
}

function buttons(view: View, { id, state }: OutboxMail): Markup {
  const { mail } = view.texts.admin;
  const reads = view.services.settings.production ? '' : view.path('admin-mail-page', { mail: id });
  const retry = state === 'sent' ? '' : view.action('admin-retry-mail', { mail: id });
  return html`<div class="row">
    ${reads && html`<a class="button slim" href="${reads}">${mail.read}</a>`}
    ${emptyForm(view, retry, button(mail.retry, { kind: 'slim' }))}
  </div>`;
}
