import { html } from '../html.js';
import type { Page } from '../page.js';
import { choice, field, form, submit } from '../parts.js';

export const newUser: Page = {
  name: 'admin-new-user-page',
  description: 'The form for a new user, who is mailed a link to choose a password.',
  kind: 'wide',
  next: 'admin-users-page',
  title: ({ texts }) => texts.admin.user.newTitle,
  content(view) {
    const { admin, fields } = view.texts;
    const { user } = admin;
    const rights: [string, string][] = [
      ['false', user.ordinary],
      ['true', user.administrator],
    ];
    const inputs = html`${field(view, { name: 'username', label: fields.username, autocomplete: 'off', first: true })}
    ${field(view, { name: 'email', label: fields.email, type: 'email', autocomplete: 'off' })}
    ${field(view, { name: 'firstName', label: fields.firstName, optional: true, autocomplete: 'off' })}
    ${field(view, { name: 'lastName', label: fields.lastName, optional: true, autocomplete: 'off' })}
    ${field(view, { name: 'groups', label: user.groups, hint: user.groupsHint, optional: true, autocomplete: 'off' })}
    ${choice(view, { name: 'admin', label: user.rights, value: 'false', options: rights })} ${submit(user.newSubmit)}`;
    return html`<div class="head">
        <div>
          <p class="small"><a href="${view.path('admin-users-page')}">${admin.users}</a></p>
          <h1>${user.newTitle}</h1>
          <p class="quiet">${user.newLead}</p>
        </div>
      </div>
      <section class="panel narrow">${form(view, view.action('admin-create-user'), inputs)}</section>`;
  },
};
