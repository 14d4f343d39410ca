import { html } from '../html.js';
import type { Page } from '../page.js';
import { field, form, newPassword, submit, ways } from '../parts.js';

export const register: Page = {
  name: 'register-page',
  description: 'The form for a new account.',
  kind: 'card',
  title: ({ texts }) => texts.register.title,
  content(view) {
    const { register, fields } = view.texts;
    const username = {
      name: 'username',
      label: fields.username,
      autocomplete: 'username',
      spellcheck: false,
      first: true,
    };
    const email = { name: 'email', label: fields.email, type: 'email', autocomplete: 'email' };
    return html`${form(
      view,
      view.action('register'),
      html`${field(view, username)} ${field(view, email)} ${newPassword(view)} ${submit(register.submit)}`,
    )}
    ${ways([view.path('login-page'), register.have])}`;
  },
};
