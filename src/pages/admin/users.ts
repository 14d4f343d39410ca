import { stateOfUser, type UserState } from '../../auth/administration.js';
import type { User, UserQuery } from '../../stores/contract.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { choice, field } from '../parts.js';
import { moment, pager, table, tag, type Tone } from '../tables.js';
import type { View } from '../view.js';

const pageSize = 50;

export const users: Page = {
  name: 'admin-users-page',
  description: 'The users: searched, page by page.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.users,
  async content(view) {
    const { admin } = view.texts;
    const query = queryOf(view);
    const { users } = view.services.stores;
    const [total, found] = [await users.count(query), await users.list(query)];
    return html`<div class="head">
        <div>
          <h1>${admin.users}</h1>
          <p class="quiet">
            ${view.text(admin.user.found, { count: new Intl.NumberFormat(view.language).format(total) })}
          </p>
        </div>
        <div class="row">
          ${link(view, 'admin-one-time-account-page', admin.user.oneTime)}
          ${link(view, 'admin-new-user-page', admin.user.new, 'primary')}
        </div>
      </div>
      ${filters(view)}
      <section class="panel flush">
        ${found.length ? list(view, found) : html`<p class="empty">${admin.user.none}</p>`}
      </section>
      ${pager(view, { offset: query.offset!, limit: pageSize, total })}`;
  },
};

const states = new Set(['active', 'disabled', 'locked']);
const orders = new Set(['id', 'username', 'lastLogin']);

/** What the address asks for; what it asks for wrongly is left out. */
function queryOf(view: View): UserQuery & { offset: number } {
  const state = states.has(view.value('state')) ? { state: view.value('state') as 'active' } : {};
  const order = (orders.has(view.value('order')) ? view.value('order') : 'username') as NonNullable<UserQuery['order']>;
  const search = view.value('search').slice(0, 200);
  return {
    ...state,
    ...(search ? { search } : {}),
    order,
    descending: order === 'lastLogin',
    offset: view.offset(),
    limit: pageSize,
    now: view.now,
  };
}

function filters(view: View): Markup {
  const { user } = view.texts.admin;
  const { stateNames } = user;
  const options: [string, string][] = [
    ['', user.anyState],
    ['active', stateNames.active],
    ['disabled', stateNames.disabled],
    ['locked', stateNames.locked],
  ];
  const order: [string, string][] = [
    ['username', user.byName],
    ['lastLogin', user.byLogin],
    ['id', user.byNumber],
  ];
  return html`<form class="filters" method="get" role="search">
    <div class="wider">
      ${field(view, { name: 'search', label: user.search, type: 'search', optional: true, unmarked: true })}
    </div>
    ${choice(view, { name: 'state', label: user.state, value: view.value('state'), options })}
    ${choice(view, { name: 'order', label: user.order, value: view.value('order'), options: order })}
    <div><button>${user.filter}</button></div>
  </form>`;
}

function list(view: View, found: User[]): Markup {
  const { admin } = view.texts;
  return table(
    admin.users,
    [
      { label: admin.user.name, cell: (user) => nameOf(view, user) },
      { label: admin.user.state, cell: (user) => stateTag(view, user) },
      { label: admin.user.groups, cell: ({ groups }) => groups.map(({ name }) => name).join(', ') || '–' },
      { label: admin.user.lastLogin, cell: ({ lastLogin }) => moment(view, lastLogin) },
    ],
    found,
  );
}

function nameOf(view: View, user: User): Markup {
  const path = view.path('admin-user-page', { user: user.id });
  return html`<a class="cut" href="${path}"><bdi>${user.username}</bdi></a>
    <span class="quiet small cut"><bdi>${user.email}</bdi></span>`;
}

const tones: Record<UserState, Tone> = {
  active: 'good',
  disabled: 'bad',
  unverified: 'warning',
  notStarted: 'warning',
  ended: '',
  locked: 'warning',
};

export function stateTag(view: View, user: User): Markup {
  const { user: texts } = view.texts.admin;
  const state = stateOfUser(user, view.now);
  return html`${tag(texts.stateNames[state], tones[state])} ${user.admin && tag(texts.administrator)}`;
}

export function link(view: View, page: string, label: string, kind = ''): Markup {
  const path = view.path(page);
  return html`${path && html`<a class="button ${kind}" href="${path}">${label}</a>`}`;
}
