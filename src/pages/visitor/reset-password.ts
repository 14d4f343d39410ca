import { html } from '../html.js';
import type { Page } from '../page.js';
import { form, hidden, newPassword, submit } from '../parts.js';

export const resetPassword: Page = {
  name: 'reset-password-page',
  description: 'The page a reset mail links to: a form for the new password. Opening it consumes nothing.',
  kind: 'card',
  link: 'reset',
  title: ({ texts }) => texts.resetPassword.title,
  content(view) {
    const { lead, submit: label } = view.texts.resetPassword;
    const fields = html`${hidden('token', view.value('token'))} ${newPassword(view, { first: true })} ${submit(label)}`;
    return html`<p>${lead}</p>
      ${form(view, view.action('reset-password'), fields)}`;
  },
};
