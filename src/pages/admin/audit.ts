import { auditOf } from '../../auth/administration.js';
import type { AuditEntry } from '../../stores/contract.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { choice, field } from '../parts.js';
import { moment, pager, table } from '../tables.js';
import type { View } from '../view.js';

const pageSize = 50;

export const audit: Page = {
  name: 'admin-audit-page',
  description: 'The audit log: what happened, to whom, from where.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.audit,
  async content(view) {
    const { admin } = view.texts;
    const offset = view.offset();
    const [since, before] = [dayOf(view, 'since', 0), dayOf(view, 'before', 1)];
    const filter = { type: view.value('type'), user: view.value('user'), address: view.value('address') };
    const found = await auditOf(view.services, { ...filter, since, before, offset, limit: pageSize + 1 });
    return html`<div class="head"><h1>${admin.audit}</h1></div>
      ${filters(view)}
      <section class="panel flush">
        ${found.length ? list(view, found.slice(0, pageSize)) : html`<p class="empty">${admin.log.none}</p>`}
      </section>
      ${pager(view, { offset, limit: pageSize, more: found.length > pageSize })}`;
  },
};

/** A day as the browser's date field writes it; the end of a span is the beginning of the next day. */
function dayOf(view: View, name: string, plus: number): number | undefined {
  const day = Date.parse(view.value(name));
  return Number.isNaN(day) ? undefined : day + plus * 86_400_000;
}

function filters(view: View): Markup {
  const { events, admin } = view.texts;
  const { log, user } = admin;
  const types = Object.entries(events).sort(([, a], [, b]) => a.localeCompare(b, view.language));
  const common = { optional: true, unmarked: true };
  return html`<form class="filters" method="get" role="search">
    ${field(view, { ...common, name: 'user', label: log.user })}
    ${choice(view, { name: 'type', label: log.type, value: view.value('type'), options: [['', log.anyType], ...types] })}
    ${field(view, { ...common, name: 'address', label: log.address })}
    ${field(view, { ...common, name: 'since', label: log.since, type: 'date' })}
    ${field(view, { ...common, name: 'before', label: log.before, type: 'date' })}
    <div><button>${user.filter}</button></div>
  </form>`;
}

function list(view: View, lines: AuditEntry[]): Markup {
  const { admin, events } = view.texts;
  return table(
    admin.audit,
    [
      { label: admin.log.when, cell: ({ at }) => moment(view, at) },
      { label: admin.log.type, cell: ({ type }) => (events as Record<string, string>)[type] ?? type },
      { label: admin.log.user, cell: (line) => who(view, line) },
      { label: admin.log.address, cell: ({ address }) => address || '–' },
      { label: admin.log.details, cell: ({ detail }) => html`<code class="small">${detailsOf(detail) || '–'}</code>` },
    ],
    lines,
  );
}

function who(view: View, { userId, username }: AuditEntry): Markup {
  const path = userId === null ? '' : view.path('admin-user-page', { user: userId });
  const name = html`<span class="cut"><bdi>${username || '–'}</bdi></span>`;
  return path ? html`<a href="${path}">${name}</a>` : name;
}

/** What is empty, and "once", need not be read. */
function isEmpty(name: string, value: unknown): boolean {
  return value === '' || (name === 'times' && value === 1) || (Array.isArray(value) && value.length === 0);
}

function detailsOf(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .filter(([name, value]) => name !== 'userAgent' && !isEmpty(name, value))
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' · ');
}
