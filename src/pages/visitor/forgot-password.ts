import { html } from '../html.js';
import type { Page } from '../page.js';
import { field, form, submit, ways } from '../parts.js';

export const forgotPassword: Page = {
  name: 'forgot-password-page',
  description: 'The form that asks for a link to set a new password.',
  kind: 'card',
  title: ({ texts }) => texts.forgotPassword.title,
  content(view) {
    const { forgotPassword, fields } = view.texts;
    const email = { name: 'email', label: fields.email, type: 'email', autocomplete: 'email', first: true };
    return html`<p>${forgotPassword.lead}</p>
      ${form(view, view.action('reset-password-link'), html`${field(view, email)} ${submit(forgotPassword.submit)}`)}
      ${ways([view.path('login-page'), forgotPassword.back])}`;
  },
};
