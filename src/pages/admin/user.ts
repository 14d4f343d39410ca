import { editableOf, stateOfUser, versionOf } from '../../auth/administration.js';
import { sessionReference } from '../../auth/own-sessions.js';
import { Refusal } from '../../errors.js';
import { describeDevice } from '../../lib/user-agent.js';
import type { AuditEntry, Session, User } from '../../stores/contract.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { button, choice, emptyForm, field, form, hidden, submit } from '../parts.js';
import { facts, moment, table, tag } from '../tables.js';
import type { View } from '../view.js';
import { stateTag } from './users.js';

export const user: Page = {
  name: 'admin-user-page',
  description: 'One user: state, actions, names and rights, sessions, what happened lately.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.user.name,
  async content(view) {
    const { users, sessions, audit } = view.services.stores;
    const user = await users.findById(Number(view.value('user')) || 0);
    if (!user) throw new Refusal('not-found');
    const live = await sessions.ofUser(user.id, view.now);
    const lines = await audit.query({ userId: user.id, limit: 10 });
    return html`<div class="head">
        <div>
          <p class="small"><a href="${view.path('admin-users-page')}">${view.texts.admin.users}</a></p>
          <h1 class="cut"><bdi>${user.username}</bdi></h1>
          <p>${stateTag(view, user)}</p>
        </div>
      </div>
      ${actions(view, user, live.length)}
      <div class="columns">${about(view, user)} ${edit(view, user)}</div>
      ${sessionsPanel(view, live)} ${activity(view, user, lines)}`;
  },
};

/** Each button is a form of its own and posts to a route that scripts may use as well. */
function actions(view: View, user: User, live: number): Markup {
  const { user: texts } = view.texts.admin;
  const own = user.id === view.login?.user.id;
  const state = stateOfUser(user, view.now);
  const act = (handler: string, label: string, kind = '', confirm = ''): Markup =>
    emptyForm(view, view.action(handler, { user: user.id }), button(label, { kind, confirm }));
  const simulate = view.action('simulate', { username: user.username });
  return html`<section class="panel" aria-label="${texts.actions}">
    <div class="row">
      ${state === 'locked' && act('admin-unlock-user', texts.unlock, 'primary')}
      ${user.email && act('admin-reset-link', texts.resetLink)}
      ${
        !own &&
        state === 'active' &&
        emptyForm(view, simulate, html`${hidden('user', String(user.id))} ${button(texts.simulate)}`)
      }
      ${live > 0 && act('terminate', texts.terminate, '', texts.terminateConfirm)}
      ${!own && user.disabled && act('admin-enable-user', texts.enable)}
      ${!own && !user.disabled && act('admin-disable-user', texts.disable, 'danger', texts.disableConfirm)}
      ${!own && act('admin-delete-user', texts.remove, 'danger', texts.removeConfirm)}
    </div>
  </section>`;
}

function about(view: View, user: User): Markup {
  const { user: texts } = view.texts.admin;
  const { account, fields } = view.texts;
  const at = (seconds: number): Markup | string => (seconds ? moment(view, seconds * 1000) : '');
  return html`<section class="panel">
    <h2>${account.profile}</h2>
    ${facts([
      [texts.number, String(user.id)],
      [fields.email, user.email],
      [account.name, user.name || `${user.firstName} ${user.lastName}`.trim()],
      [texts.lastLogin, moment(view, user.lastLogin)],
      [texts.made, at(user.crdate)],
      [texts.changed, at(user.tstamp)],
      [texts.lockedUntil, user.lockedUntil > view.now ? moment(view, user.lockedUntil) : ''],
      [texts.endsAt, at(user.endtime)],
    ])}
  </section>`;
}

/** The version that was read goes along, so that of two administrators the second is told. */
function edit(view: View, user: User): Markup {
  const { user: texts } = view.texts.admin;
  const { fields } = view.texts;
  const { email, firstName, lastName, admin, groups } = editableOf(user);
  const common = { optional: true, unmarked: true };
  const rights: [string, string][] = [
    ['false', texts.ordinary],
    ['true', texts.administrator],
  ];
  const inputs = html`${hidden('version', view.typed('version') ?? versionOf(user))}
  ${field(view, { ...common, name: 'email', label: fields.email, type: 'email', value: email })}
  ${field(view, { ...common, name: 'firstName', label: fields.firstName, value: firstName })}
  ${field(view, { ...common, name: 'lastName', label: fields.lastName, value: lastName })}
  ${field(view, { ...common, name: 'groups', label: texts.groups, hint: texts.groupsHint, value: groups })}
  ${choice(view, { name: 'admin', label: texts.rights, value: String(admin), options: rights })} ${submit(texts.save)}`;
  return html`<section class="panel">
    <h2>${texts.edit}</h2>
    ${form(view, view.action('admin-change-user', { user: user.id }), inputs)}
  </section>`;
}

function sessionsPanel(view: View, live: Session[]): Markup {
  const { account, admin } = view.texts;
  return html`<section class="panel flush">
    <h2 class="inset">${admin.sessions}</h2>
    ${live.length === 0 ? html`<p class="empty">${admin.user.noSessions}</p>` : sessionTable(view, live, account)}
  </section>`;
}

function sessionTable(view: View, live: Session[], account: View['texts']['account']): Markup {
  return table(
    view.texts.admin.sessions,
    [
      { label: account.device, cell: (session) => deviceOf(view, session) },
      { label: account.address, cell: ({ address }) => address },
      { label: account.since, cell: ({ createdAt }) => moment(view, createdAt) },
      { label: account.lastSeen, cell: ({ lastSeenAt }) => moment(view, lastSeenAt) },
      { label: view.texts.words.actions, wide: true, cell: (session) => endButton(view, session) },
    ],
    live,
  );
}

export function deviceOf(view: View, { key, userAgent }: Session): Markup {
  const { account } = view.texts;
  const isThis = key === view.login?.session?.key;
  return html`${describeDevice(userAgent) || account.otherDevice} ${isThis && tag(account.thisOne, 'good')}`;
}

export function endButton(view: View, session: Session): Markup {
  if (session.key === view.login?.session?.key) return html``;
  const id = `${session.userId}.${sessionReference(session)}`;
  const content = html`${hidden('user', String(session.userId))}
  ${button(view.texts.admin.session.end, { kind: 'slim' })}`;
  return emptyForm(view, view.action('admin-end-session', { session: id }), content);
}

function activity(view: View, user: User, lines: AuditEntry[]): Markup {
  const { account, admin, events } = view.texts;
  if (lines.length === 0) return html``;
  const all = view.path('admin-audit-page');
  return html`<section class="panel flush">
    <div class="head inset">
      <h2>${admin.user.activity}</h2>
      ${all && html`<a href="${all}?user=${user.id}">${admin.user.all}</a>`}
    </div>
    ${table(
      admin.user.activity,
      [
        { label: account.when, cell: ({ at }) => moment(view, at) },
        { label: account.what, cell: ({ type }) => (events as Record<string, string>)[type] ?? type },
        { label: account.device, cell: ({ detail }) => describeDevice(String(detail['userAgent'] ?? '')) || '–' },
        { label: account.address, cell: ({ address }) => address || '–' },
      ],
      lines,
    )}
  </section>`;
}
