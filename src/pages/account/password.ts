import { html } from '../html.js';
import type { Page } from '../page.js';
import { field, form, newPassword, submit, userNameForBrowsers, ways } from '../parts.js';

export const accountPassword: Page = {
  name: 'account-password-page',
  description: 'The form for a new password; asks for the current one.',
  kind: 'card',
  next: 'account-page',
  title: ({ texts }) => texts.account.passwordTitle,
  content(view) {
    const { account, fields, words } = view.texts;
    const current = { type: 'password', autocomplete: 'current-password', first: true };
    const inputs = html`${userNameForBrowsers(view)}
    ${field(view, { ...current, name: 'currentPassword', label: fields.currentPassword })} ${newPassword(view)}
    ${submit(account.passwordSubmit)}`;
    return html`<p>${account.passwordLead}</p>
      ${form(view, view.action('change-password'), inputs)} ${ways([view.path('account-page'), words.back])}`;
  },
};
