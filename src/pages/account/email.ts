import { html } from '../html.js';
import type { Page } from '../page.js';
import { field, form, submit, userNameForBrowsers, ways } from '../parts.js';

export const accountEmail: Page = {
  name: 'account-email-page',
  description: 'The form for a new e-mail address; asks for the password.',
  kind: 'card',
  title: ({ texts }) => texts.account.emailTitle,
  content(view) {
    const { account, fields, words } = view.texts;
    const email = { name: 'email', label: fields.newEmail, type: 'email', autocomplete: 'email', first: true };
    const password = { name: 'currentPassword', label: fields.currentPassword, type: 'password' };
    const inputs = html`${userNameForBrowsers(view)} ${field(view, email)}
    ${field(view, { ...password, autocomplete: 'current-password' })} ${submit(account.emailSubmit)}`;
    return html`<p>${account.emailLead}</p>
      ${form(view, view.action('change-email'), inputs)} ${ways([view.path('account-page'), words.back])}`;
  },
};
