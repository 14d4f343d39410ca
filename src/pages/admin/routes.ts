import type { RouteSummary } from '../../routes/desk.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { field } from '../parts.js';
import { moment, pager, table, tag, type Tone } from '../tables.js';
import type { View } from '../view.js';

const pageSize = 100;

export const routes: Page = {
  name: 'admin-routes-page',
  description: 'Every route: methods, handler, middleware, last call.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.routes,
  content(view) {
    const { admin } = view.texts;
    const all = view.services.desk!.routes();
    const found = all.filter((route) => matches(route, view.value('search')));
    const offset = view.offset();
    const file = all[0]?.file ?? '';
    return html`<div class="head">
        <div>
          <h1>${admin.routes}</h1>
          <p class="quiet">${view.text(admin.route.lead, { count: all.length, file })}</p>
        </div>
      </div>
      ${notices(view)}
      <form class="filters" method="get" role="search">
        <div class="wider">
          ${field(view, { name: 'search', label: admin.route.search, type: 'search', optional: true, unmarked: true })}
        </div>
        <div><button>${admin.user.filter}</button></div>
      </form>
      <section class="panel flush">
        ${found.length ? list(view, found.slice(offset, offset + pageSize)) : html`<p class="empty">${admin.route.none}</p>`}
      </section>
      ${pager(view, { offset, limit: pageSize, total: found.length })}`;
  },
};

/** What stands in the way of changing the file, or of its being served as it is. */
export function notices(view: View): Markup {
  const { route } = view.texts.admin;
  const { desk } = view.services;
  return html`${desk!.trouble() && html`<p class="message bad" role="alert">${route.trouble}</p>`}
  ${desk!.readOnly() && html`<p class="message warning">${route.readOnly}</p>`}`;
}

function matches({ name, path, handler, description, middleware }: RouteSummary, search: string): boolean {
  const texts = [name, path, handler, description, ...middleware.map(({ source }) => source)];
  return texts.some((text) => text.toLowerCase().includes(search.toLowerCase()));
}

function list(view: View, found: RouteSummary[]): Markup {
  const { admin } = view.texts;
  return table(
    admin.routes,
    [
      { label: admin.route.path, cell: (route) => pathOf(view, route) },
      { label: admin.route.handler, cell: ({ handler }) => html`<code>${handler}</code>` },
      {
        label: admin.route.middleware,
        cell: ({ middleware }) => html`<code>${middleware.map(({ source }) => source).join(' · ') || '–'}</code>`,
      },
      { label: admin.route.last, cell: (route) => lastCall(view, route) },
    ],
    found,
  );
}

function pathOf(view: View, { name, path, methods, enabled }: RouteSummary): Markup {
  return html`<a class="cut" href="${view.path('admin-route-page', { route: name })}"><code>${path}</code></a>
    <span class="quiet small">${methods.join(' ') || '*'}</span>
    ${!enabled && tag(view.texts.admin.route.off, 'warning')}`;
}

function lastCall(view: View, { name }: RouteSummary): Markup | string {
  const call = view.services.figures.callsOf(name)[0];
  return call
    ? html`${tag(String(call.status), toneOf(call.status))} <span class="small">${moment(view, call.at)}</span>`
    : '–';
}

export function toneOf(status: number): Tone {
  if (status >= 500) return 'bad';
  return status >= 400 ? 'warning' : 'good';
}
