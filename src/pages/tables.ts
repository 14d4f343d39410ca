import { html, type Markup } from './html.js';
import type { View } from './view.js';

export interface Column<Row> {
  label: string;
  cell(row: Row): Markup | string | number;
  /** figures stand flush right */
  number?: boolean;
  /** buttons: on a telephone over the whole width, without the label */
  wide?: boolean;
}

/** A table that becomes a stack of cards on a telephone. `caption` is for screen readers. */
export function table<Row>(caption: string, columns: Column<Row>[], rows: readonly Row[]): Markup {
  return html`<table class="stacks">
    <caption class="aside">
      ${caption}
    </caption>
    <thead>
      <tr>
        ${columns.map(
          ({ label, number, wide }) =>
            html`<th scope="col" ${number && html`class="number"`}>
              ${wide ? html`<span class="aside">${label}</span>` : label}
            </th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${columns.map((column) => cellOf(column, row))}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function cellOf<Row>({ label, cell, number, wide }: Column<Row>, row: Row): Markup {
  const kind = [number && 'number', wide && 'wide'].filter(Boolean).join(' ');
  return html`<td data-label="${label}" ${kind && html`class="${kind}"`}><div>${cell(row)}</div></td>`;
}

/** A moment in the reader's own time where scripts run, in the user's or UTC otherwise. */
export function moment(view: View, at: number, style: 'time' | 'date' = 'time'): Markup {
  if (at === 0) return html`${view.texts.words.never}`;
  const date = new Date(at);
  const shown = new Intl.DateTimeFormat(view.language, {
    dateStyle: 'medium',
    ...(style === 'time' ? { timeStyle: 'short' } : {}),
    timeZone: zoneOf(view),
  }).format(date);
  return html`<time datetime="${date.toISOString()}" data-style="${style}">${shown}</time>`;
}

/** A sentence with a moment in the place of `{time}`. */
export function momentIn(view: View, text: string, at: number): Markup {
  const [before = '', after = ''] = text.split('{time}');
  return html`${before}${moment(view, at)}${after}`;
}

function zoneOf(view: View): string {
  const zone = view.login?.user.timezone;
  return zone && Intl.supportedValuesOf('timeZone').includes(zone) ? zone : 'UTC';
}

export type Tone = 'good' | 'bad' | 'warning' | '';

export function tag(text: string, tone: Tone = ''): Markup {
  return html`<span class="tag ${tone}">${text}</span>`;
}

/** Name and value pairs; what has no value is left out. */
export function facts(pairs: [name: string, value: Markup | string][]): Markup {
  const known = pairs.filter(([, value]) => value !== '');
  return html`<dl class="facts">
    ${known.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd><bdi>${value}</bdi></dd>`,
    )}
  </dl>`;
}

export interface Stretch {
  offset: number;
  limit: number;
  /** how many there are, where that is known */
  total?: number;
  /** whether more follow, where the total is not known */
  more?: boolean;
}

/** Before and after; the filters of the address stay. */
export function pager(view: View, { offset, limit, total, more = false }: Stretch): Markup {
  const { user } = view.texts.admin;
  const hasNext = total === undefined ? more : offset + limit < total;
  if (offset === 0 && !hasNext) return html``;
  const from = offset + 1;
  const to = total === undefined ? offset + limit : Math.min(offset + limit, total);
  return html`<nav class="pager" aria-label="${user.previous} / ${user.next}">
    ${offset > 0 ? html`<a class="button" href="${at(view, Math.max(0, offset - limit))}">${user.previous}</a>` : html`<span></span>`}
    ${total !== undefined && html`<span class="quiet">${view.text(user.range, { from, to, total })}</span>`}
    ${hasNext ? html`<a class="button" href="${at(view, offset + limit)}">${user.next}</a>` : html`<span></span>`}
  </nav>`;
}

function at({ ctx }: View, offset: number): string {
  const query = new URLSearchParams(ctx.querystring);
  query.delete('done');
  query.set('offset', String(offset));
  return `?${query.toString()}`;
}
