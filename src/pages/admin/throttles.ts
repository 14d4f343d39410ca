import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { button, emptyForm, hidden } from '../parts.js';
import { moment, table } from '../tables.js';
import type { View } from '../view.js';

export const throttles: Page = {
  name: 'admin-throttles-page',
  description: 'Who has to wait at the moment, and a way to let them in again.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.throttles,
  async content(view) {
    const { admin } = view.texts;
    const { throttle } = admin;
    const full = await view.services.stores.counters.full(view.now);
    const rows = table(
      admin.throttles,
      [
        { label: throttle.name, cell: ({ name }) => html`<code>${name}</code>` },
        { label: throttle.key, cell: ({ key }) => html`<span class="cut"><bdi>${key}</bdi></span>` },
        { label: throttle.taken, number: true, cell: ({ taken }) => taken },
        { label: throttle.until, cell: ({ resetMs }) => moment(view, view.now + resetMs) },
        {
          label: view.texts.words.actions,
          wide: true,
          cell: ({ name, key }) =>
            emptyForm(
              view,
              view.action('admin-lift-throttle'),
              html`${hidden('name', name)} ${hidden('key', key)} ${button(throttle.lift, { kind: 'slim' })}`,
            ),
        },
      ],
      full,
    );
    return html`<div class="head">
        <div>
          <h1>${admin.throttles}</h1>
          <p class="quiet">${throttle.lead} ${lockedUsers(view)}</p>
        </div>
      </div>
      <section class="panel flush">${full.length ? rows : html`<p class="empty">${throttle.none}</p>`}</section>`;
  },
};

/** Somebody whom wrong passwords locked out waits elsewhere. */
function lockedUsers(view: View): Markup {
  const path = view.path('admin-users-page');
  return html`${path && html`<a href="${path}?state=locked">${view.texts.admin.throttle.locked}</a>`}`;
}
