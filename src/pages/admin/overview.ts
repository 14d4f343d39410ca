import { healthOf } from '../../auth/administration.js';
import type { Slot } from '../../auth/figures.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { notices } from './routes.js';
import { momentIn, tag } from '../tables.js';
import type { View } from '../view.js';

export const overview: Page = {
  name: 'admin-page',
  description: 'How the server is and what happened in the last day.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.overview,
  async content(view) {
    const { figures, overview } = view.texts.admin;
    const health = await healthOf(view.services);
    const { users, mails, passwords, slots } = health;
    return html`<div class="head">
        <h1>${overview}</h1>
        <p>${healthTag(view, mails.dead)}</p>
      </div>
      ${notices(view)}
      <div class="figures">
        ${figure(view, figures.users, users.total, 'admin-users-page', users.locked, figures.usersLocked)}
        ${figure(view, figures.sessions, health.sessions, 'admin-sessions-page')}
        ${figure(view, figures.throttled, health.throttled, 'admin-throttles-page')}
        ${figure(view, figures.mailsWaiting, mails.waiting, 'admin-mails-page', mails.dead, figures.mailsDead)}
        ${figure(view, figures.queue, passwords.running, '', passwords.waiting, figures.queueWaiting)}
        ${figure(view, `${figures.memory} (MB)`, Math.round(health.memoryBytes / 1e6))}
      </div>
      <div class="columns three">
        ${chart(view, figures.logins, slots, ({ logins }) => logins, figures.total)}
        ${chart(view, figures.refusals, slots, ({ refusals }) => refusals, figures.total)}
        ${chart(view, figures.waiting, slots, ({ waiting }) => waiting, figures.most)}
      </div>
      <p class="quiet small">${momentIn(view, figures.since, health.since)}</p>`;
  },
};

/** This page is made from the database, so that one answers. */
function healthTag(view: View, mailsDead: number): Markup {
  const { figures } = view.texts.admin;
  const isWell = mailsDead === 0 && !view.services.desk!.trouble();
  return isWell ? tag(figures.well, 'good') : tag(figures.trouble, 'warning');
}

/** One number, where more is known about it, and what is out of the ordinary. */
function figure(view: View, label: string, count: number, page = '', second = 0, secondText = ''): Markup {
  const path = page && view.path(page);
  const shown = new Intl.NumberFormat(view.language).format(count);
  return html`<section class="panel figure">
    <h2 class="small quiet">${path ? html`<a href="${path}">${label}</a>` : label}</h2>
    <strong>${shown}</strong>
    ${second > 0 && html`<p class="small quiet">${view.text(secondText, { count: second })}</p>`}
  </section>`;
}

/** Bars by half hours; the numbers stand below for who does not see them. */
function chart(view: View, label: string, slots: Slot[], valueOf: (slot: Slot) => number, sum: string): Markup {
  const values = slots.map(valueOf);
  const most = Math.max(1, ...values);
  const count = sum === view.texts.admin.figures.most ? Math.max(...values) : values.reduce((a, b) => a + b, 0);
  const bars = values.map((value, index) => {
    if (value === 0) return html``;
    const height = Math.max(2, Math.round((value / most) * 40));
    return html`<rect x="${index * 5}" y="${41 - height}" width="4" height="${height}"><title>${value}</title></rect>`;
  });
  return html`<section class="panel">
    <h2>${label}</h2>
    <p class="small quiet">${view.text(sum, { count })} · ${view.texts.admin.figures.perHalfHour}</p>
    <svg
      class="chart"
      viewBox="0 0 240 42"
      preserveAspectRatio="none"
      role="img"
      aria-label="${label}: ${view.text(sum, { count })}"
    >
      <rect class="floor" x="0" y="41" width="240" height="1" />
      ${bars}
    </svg>
  </section>`;
}
