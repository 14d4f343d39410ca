import { html } from '../html.js';
import type { Page } from '../page.js';
import { field, form, hidden, submit, userNameForBrowsers, ways } from '../parts.js';

export const confirm: Page = {
  name: 'confirm-page',
  description: 'Asks for the password again before something sensitive.',
  kind: 'card',
  title: ({ texts }) => texts.confirm.title,
  content(view) {
    const { confirm, fields, words } = view.texts;
    const username = view.login?.user.username ?? '';
    const password = {
      name: 'password',
      label: fields.password,
      type: 'password',
      autocomplete: 'current-password',
      first: true,
    };
    const content = html`${view.value('resume') && hidden('resume', view.value('resume'))} ${userNameForBrowsers(view)}
    ${field(view, password)} ${submit(confirm.submit)}`;
    return html`<p>${view.text(confirm.lead, { username })}</p>
      ${form(view, view.action('confirm-password'), content)} ${ways([view.path('home-page'), words.cancel])}`;
  },
};
