import { html } from '../html.js';
import type { Page } from '../page.js';
import { field, form, submit } from '../parts.js';
import type { View } from '../view.js';

/** Its form posts to the address the mail named, which is the link. */
export const oneTimeLogin: Page = {
  name: 'one-time-login-page',
  description:
    'The page a one-time login mail links to: signs in once, with a new password or without. It consumes nothing.',
  kind: 'card',
  title: ({ texts }) => texts.oneTimeLogin.title,
  content(view) {
    const { lead, submit: label } = view.texts.oneTimeLogin;
    return html`<p>${lead}</p>
      ${form(view, view.action('one-time-login', addressOf(view)), html`${newPassword(view)} ${submit(label)}`)}`;
  },
};

function addressOf(view: View): Record<string, string> {
  return { user: view.value('user'), timestamp: view.value('timestamp'), token: view.value('token') };
}

function newPassword(view: View) {
  const { fields } = view.texts;
  const hint = view.text(fields.passwordHint, { limit: view.services.settings.password.minLength });
  const options = { type: 'password', autocomplete: 'new-password', optional: true, hint, first: true };
  return field(view, { ...options, name: 'password', label: fields.newPassword });
}
