import { html } from '../html.js';
import type { Page } from '../page.js';
import { checkbox, field, form, hidden, submit, ways } from '../parts.js';
import type { View } from '../view.js';

export const login: Page = {
  name: 'login-page',
  description: 'The form for signing in.',
  kind: 'card',
  title: ({ texts }) => texts.login.title,
  content: (view) => html`${form(view, view.action('login'), fields(view))} ${others(view)}`,
};

function fields(view: View) {
  const { texts, services } = view;
  const { byEmail, label } = services.settings.accounts.loginByEmail
    ? { byEmail: true, label: texts.fields.usernameOrEmail }
    : { byEmail: false, label: texts.fields.username };
  return html`${view.value('resume') && hidden('resume', view.value('resume'))}
  ${view.value('returnTo') && hidden('returnTo', view.value('returnTo'))}
  ${field(view, {
    name: 'username',
    label,
    autocomplete: 'username',
    inputmode: byEmail ? 'email' : 'text',
    spellcheck: false,
    first: true,
  })}
  ${field(view, { name: 'password', label: texts.fields.password, type: 'password', autocomplete: 'current-password' })}
  ${checkbox(view, 'remember', texts.fields.remember)} ${submit(texts.login.submit)}`;
}

function others(view: View) {
  const { login } = view.texts;
  return ways(
    [view.path('forgot-password-page'), login.forgot],
    [view.path('magic-link') && view.path('magic-link-page'), login.magic],
    [view.path('register') && view.path('register-page'), login.register],
  );
}
