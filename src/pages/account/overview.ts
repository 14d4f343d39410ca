import { sessionReference } from '../../auth/own-sessions.js';
import { describeDevice } from '../../lib/user-agent.js';
import type { AuditEntry, Session, User } from '../../stores/contract.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { button, emptyForm } from '../parts.js';
import { facts, moment, table, tag } from '../tables.js';
import type { View } from '../view.js';

export const account: Page = {
  name: 'account-page',
  description: 'The account of whoever is signed in: profile, password, own sessions, what happened lately.',
  kind: 'wide',
  title: ({ texts }) => texts.account.title,
  async content(view) {
    const { user, session } = view.login!;
    const { sessions, audit } = view.services.stores;
    const own = await sessions.ofUser(user.id, view.now);
    const lines = await audit.query({ userId: user.id, limit: 10 });
    return html`<div class="head"><h1>${view.texts.account.title}</h1></div>
      <div class="columns">${profile(view, user)} ${security(view, user)}</div>
      ${sessionsPanel(view, own, session)} ${activity(view, lines)}`;
  },
};

function profile(view: View, user: User): Markup {
  const { account, fields } = view.texts;
  const name = [user.title, user.firstName, user.middleName, user.lastName].filter(Boolean).join(' ') || user.name;
  return html`<section class="panel">
    <div class="head">
      <h2>${account.profile}</h2>
      ${change(view, 'account-profile-page', account.profileTitle)}
    </div>
    ${facts([
      [fields.username, user.username],
      [account.name, name],
      [fields.company, user.company],
      [fields.telephone, user.telephone],
      [fields.language, view.look.languages.get(user.language)?.language ?? fields.siteLanguage],
    ])}
  </section>`;
}

function security(view: View, user: User): Markup {
  const { account, fields } = view.texts;
  const changed = user.passwordChangedAt ? moment(view, user.passwordChangedAt, 'date') : account.unknown;
  const line = (label: string, value: Markup | string, page: string, title: string): Markup =>
    html`<div>
      <p class="value"><span class="quiet small">${label}</span>${value}</p>
      ${change(view, page, title)}
    </div>`;
  return html`<section class="panel">
    <h2>${account.security}</h2>
    <div class="lines">
      ${line(fields.email, user.email || '–', 'account-email-page', account.emailTitle)}
      ${line(account.passwordAge, changed, 'account-password-page', account.passwordTitle)}
    </div>
  </section>`;
}

function change(view: View, page: string, label: string): Markup {
  const path = view.path(page);
  return html`${path && html`<a class="button slim" href="${path}" aria-label="${view.texts.account.edit}: ${label}">${view.texts.account.edit}</a>`}`;
}

function sessionsPanel(view: View, sessions: Session[], current: Session | undefined): Markup {
  const { account } = view.texts;
  const others = view.action('end-other-sessions');
  return html`<section class="panel flush">
    <div class="head inset">
      <div>
        <h2>${account.sessions}</h2>
        <p class="quiet small">${account.sessionsLead}</p>
      </div>
      ${
        sessions.length > 1 &&
        others &&
        emptyForm(view, others, button(account.endOthers, { kind: 'slim danger', confirm: account.endOthersConfirm }))
      }
    </div>
    ${table(
      account.sessions,
      [
        { label: account.device, cell: (session) => device(view, session, session.key === current?.key) },
        { label: account.address, cell: ({ address }) => address },
        { label: account.since, cell: ({ createdAt }) => moment(view, createdAt) },
        { label: account.lastSeen, cell: ({ lastSeenAt }) => moment(view, lastSeenAt) },
        {
          label: view.texts.words.actions,
          wide: true,
          cell: (session) => ending(view, session, session.key === current?.key),
        },
      ],
      [...sessions].sort((a, b) => b.lastSeenAt - a.lastSeenAt),
    )}
  </section>`;
}

function device(view: View, { userAgent }: Session, isThis: boolean): Markup {
  const { account } = view.texts;
  return html`${describeDevice(userAgent) || account.otherDevice} ${isThis && tag(account.thisOne, 'good')}`;
}

function ending(view: View, session: Session, isThis: boolean): Markup {
  const action = view.action('end-session', { session: sessionReference(session) });
  if (isThis || !action) return html``;
  return emptyForm(view, action, button(view.texts.account.end, { kind: 'slim' }));
}

function activity(view: View, lines: AuditEntry[]): Markup {
  const { account, events } = view.texts;
  if (lines.length === 0) return html``;
  return html`<section class="panel flush">
    <h2 class="inset">${account.activity}</h2>
    ${table(
      account.activity,
      [
        { label: account.when, cell: ({ at }) => moment(view, at) },
        { label: account.what, cell: ({ type }) => (events as Record<string, string>)[type] ?? type },
        { label: account.device, cell: ({ detail }) => describeDevice(String(detail['userAgent'] ?? '')) || '–' },
        { label: account.address, cell: ({ address }) => address },
      ],
      lines,
    )}
  </section>`;
}
