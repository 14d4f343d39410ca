import type { Session } from '../../stores/contract.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { moment, pager, table, tag } from '../tables.js';
import type { View } from '../view.js';
import { deviceOf, endButton } from './user.js';

const pageSize = 50;

export const sessions: Page = {
  name: 'admin-sessions-page',
  description: 'Who is signed in, and where.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.sessions,
  async content(view) {
    const { admin } = view.texts;
    const { sessions } = view.services.stores;
    const offset = view.offset();
    const total = await sessions.count(view.now);
    const found = await sessions.list({ now: view.now, offset, limit: pageSize });
    return html`<div class="head">
        <div>
          <h1>${admin.sessions}</h1>
          <p class="quiet">${view.text(admin.session.found, { count: total })}</p>
        </div>
      </div>
      <section class="panel flush">
        ${found.length ? await list(view, found) : html`<p class="empty">${admin.session.none}</p>`}
      </section>
      ${pager(view, { offset, limit: pageSize, total })}`;
  },
};

async function list(view: View, found: Session[]): Promise<Markup> {
  const { account, admin } = view.texts;
  const names = await namesOf(view, found);
  return table(
    admin.sessions,
    [
      { label: admin.session.user, cell: (session) => who(view, session, names) },
      { label: account.device, cell: (session) => deviceOf(view, session) },
      { label: account.address, cell: ({ address }) => address },
      { label: account.since, cell: ({ createdAt }) => moment(view, createdAt) },
      { label: account.lastSeen, cell: ({ lastSeenAt }) => moment(view, lastSeenAt) },
      { label: view.texts.words.actions, wide: true, cell: (session) => endButton(view, session) },
    ],
    found,
  );
}

async function namesOf(view: View, found: Session[]): Promise<Map<number, string>> {
  const ids = [...new Set(found.flatMap(({ userId, actorId = 0 }) => [userId, actorId]))];
  const users = await Promise.all(ids.map(async (id) => view.services.stores.users.findById(id)));
  return new Map(users.flatMap((user) => (user ? [[user.id, user.username] as const] : [])));
}

function who(view: View, { userId, actorId, remember }: Session, names: Map<number, string>): Markup {
  const { session } = view.texts.admin;
  const name = names.get(userId) ?? view.text(session.userNumber, { id: userId });
  const actor = actorId ? (names.get(actorId) ?? String(actorId)) : '';
  return html`<a class="cut" href="${view.path('admin-user-page', { user: userId })}"><bdi>${name}</bdi></a>
    ${actor && tag(view.text(session.actor, { name: actor }), 'warning')} ${remember && tag(session.remember)}`;
}
