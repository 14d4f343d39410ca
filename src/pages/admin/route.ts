import { Refusal } from '../../errors.js';
import type { DiffLine } from '../../lib/difference.js';
import type { RouteSummary } from '../../routes/desk.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { choice, field, form, hidden, submit } from '../parts.js';
import { facts, moment, momentIn, table, tag } from '../tables.js';
import type { View } from '../view.js';
import { notices, toneOf } from './routes.js';

export const route: Page = {
  name: 'admin-route-page',
  description: 'One route: what it does, its last calls, a form to try it and one to change it in the file.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.routes,
  async content(view) {
    const { admin } = view.texts;
    const route = view.services.desk!.find(view.value('route'));
    if (!route) throw new Refusal('not-found');
    return html`<div class="head">
        <div>
          <p class="small"><a href="${view.path('admin-routes-page')}">${admin.routes}</a></p>
          <h1><code>${route.path}</code></h1>
          <p>
            ${route.methods.map((method) => tag(method))}
            ${tag(route.enabled ? admin.route.on : admin.route.off, route.enabled ? 'good' : 'warning')}
          </p>
        </div>
      </div>
      ${notices(view)} ${difference(view, route)}
      <div class="columns">${about(view, route)} ${await editing(view, route)}</div>
      ${trying(view, route)} ${calls(view, route)}`;
  },
};

function about(view: View, route: RouteSummary): Markup {
  const { route: texts } = view.texts.admin;
  const checks = route.middleware.map(
    ({ source, checks }) => html`<code>${source}</code><br /><span class="quiet small">${checks}</span><br />`,
  );
  return html`<section class="panel">
    <h2>${texts.about}</h2>
    ${facts([
      [texts.name, route.name],
      [texts.does, route.description || route.does],
      [texts.handler, html`<code>${route.handler}</code>`],
      [texts.dialect, route.dialect],
      [texts.middleware, checks.length ? html`${checks}` : '–'],
      [texts.place, html`<code>${route.file}</code>, ${view.text(texts.line, { line: route.line })}`],
    ])}
    <details>
      <summary>${texts.input}</summary>
      ${route.input ? html`<pre tabindex="0">${JSON.stringify(route.input, null, 2)}</pre>` : html`<p>${texts.noInput}</p>`}
    </details>
  </section>`;
}

/** First the difference, then the writing: both post what stands in these fields. */
async function editing(view: View, route: RouteSummary): Promise<Markup> {
  const { route: texts } = view.texts.admin;
  const { desk } = view.services;
  if (desk!.readOnly()) return html``;
  const editable = await desk!.isEditable(route.name);
  return html`<section class="panel">
    <h2>${texts.change}</h2>
    ${editable ? editForm(view, route) : html`<p class="quiet">${texts.byHand}</p>`}
  </section>`;
}

function editForm(view: View, route: RouteSummary): Markup {
  const { route: texts } = view.texts.admin;
  const states: [string, string][] = [
    ['true', texts.on],
    ['false', texts.off],
  ];
  const middleware = route.middleware.map(({ source }) => source).join('\n');
  const common = { optional: true, unmarked: true, spellcheck: false };
  const inputs = html`${choice(view, { name: 'enabled', label: texts.state, value: String(route.enabled), options: states })}
  ${field(view, { ...common, name: 'methods', label: texts.methods, hint: texts.methodsHint, value: route.methods.join(', ') })}
  ${field(view, { ...common, name: 'middleware', label: texts.middleware, hint: texts.middlewareHint, value: middleware, rows: 5 })}
  ${submit(texts.preview)}`;
  return form(view, view.action('admin-preview-route', { route: route.name }), inputs);
}

function difference(view: View, route: RouteSummary): Markup {
  const { outcome } = view.form;
  const { route: texts } = view.texts.admin;
  if (!outcome) return html``;
  const lines = outcome['difference'] as DiffLine[];
  const warnings = outcome['warnings'] as string[];
  if (lines.length === 0) return html`<p class="message" role="status" tabindex="-1">${texts.nothing}</p>`;
  const carried = ['enabled', 'methods', 'middleware'].map((name) => hidden(name, view.typed(name) ?? ''));
  const content = html`${carried} ${hidden('version', String(outcome['version']))} ${submit(texts.write)}`;
  return html`<section class="panel">
    <div role="alert" tabindex="-1"><h2>${texts.difference}</h2></div>
    <pre class="diff" tabindex="0">${lines.map(diffLine)}</pre>
    ${
      warnings.length > 0 &&
      html`<div class="message warning">
        <p>${texts.warnings}</p>
        <ul>
          ${warnings.map((warning) => html`<li>${warning}</li>`)}
        </ul>
      </div>`
    }
    ${form(view, view.action('admin-change-route', { route: route.name }), content)}
  </section>`;
}

/** Blanks as values: in the markup they would be anybody's to tidy. */
function diffLine({ kind, text }: DiffLine): Markup {
  if (kind === 'gone') return html`<del class="gone">${`- ${text}\n`}</del>`;
  return kind === 'new'
    ? html`<ins class="new">${`+ ${text}\n`}</ins>`
    : html`<span class="quiet">${`  ${text}\n`}</span>`;
}

/** Sent by the page's script; without scripts there is nothing to press. */
function trying(view: View, route: RouteSummary): Markup {
  const { route: texts } = view.texts.admin;
  const methods = (route.methods.length ? route.methods : ['GET', 'POST']).map((method): [string, string] => [
    method,
    method,
  ]);
  const body = route.methods.some((method) => method !== 'GET') ? JSON.stringify(exampleOf(route.input), null, 2) : '';
  return html`<section class="panel">
    <h2>${texts.tryTitle}</h2>
    <p class="quiet small">${texts.tryLead}</p>
    <noscript><p>${texts.tryNeedsScript}</p></noscript>
    <form data-try hidden data-no-answer="${view.texts.words.noAnswer}">
      <div class="filters">
        ${choice(view, { name: 'try-method', label: texts.method, value: '', options: methods })}
        <div class="wider">
          ${field(view, { name: 'try-path', label: texts.path, value: route.path, spellcheck: false })}
        </div>
      </div>
      ${field(view, { name: 'try-body', label: texts.tryBody, value: body, rows: 6, optional: true, unmarked: true, spellcheck: false })}
      ${submit(texts.trySend)}
    </form>
    <pre data-answer hidden role="status" tabindex="-1"></pre>
  </section>`;
}

/** Something that fits the schema roughly: each property with a value of its type. */
function exampleOf(schema: Record<string, unknown> | null): Record<string, unknown> {
  const properties = (schema?.['properties'] ?? {}) as Record<string, { type?: string; default?: unknown }>;
  const values: Record<string, unknown> = { boolean: false, integer: 0, number: 0, array: [], object: {} };
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type = 'string', default: usual }]) => [
      name,
      usual ?? values[type] ?? '',
    ]),
  );
}

function calls(view: View, { name }: RouteSummary): Markup {
  const { route: texts } = view.texts.admin;
  const found = view.services.figures.callsOf(name);
  const rows = table(
    texts.calls,
    [
      { label: texts.when, cell: ({ at }) => moment(view, at) },
      { label: texts.method, cell: ({ method }) => method },
      { label: texts.status, cell: ({ status }) => tag(String(status), toneOf(status)) },
      { label: texts.reason, cell: ({ reason }) => reason ?? '–' },
      { label: texts.ms, number: true, cell: ({ ms }) => ms },
    ],
    found,
  );
  return html`<section class="panel flush">
    <div class="inset">
      <h2>${texts.calls}</h2>
      <p class="quiet small">${momentIn(view, texts.callsLead, view.services.figures.since)}</p>
    </div>
    ${found.length ? rows : html`<p class="empty">${texts.noCalls}</p>`}
  </section>`;
}
