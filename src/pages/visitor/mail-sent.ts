import { html } from '../html.js';
import type { Page } from '../page.js';
import { ways } from '../parts.js';

/** The kinds of mail a visitor can ask for, as the address of this page names them. */
type Kind = 'reset' | 'magic' | 'verify-email' | 'change-email';
const kinds = new Set<string>(['reset', 'magic', 'verify-email', 'change-email'] satisfies Kind[]);

export const mailSent: Page = {
  name: 'mail-sent-page',
  description: 'Says that a mail is on its way.',
  kind: 'card',
  title: ({ texts }) => texts.mailSent.title,
  content(view) {
    const { mailSent } = view.texts;
    const kind = (kinds.has(view.value('for')) ? view.value('for') : 'reset') as Kind;
    const { conceal } = view.services.settings.accounts;
    return html`<p>${view.text(mailSent[kind])}</p>
      ${conceal && kind !== 'change-email' && html`<p>${mailSent.concealed}</p>`}
      <p class="quiet">${mailSent.help}</p>
      ${ways([view.login ? view.path('account-page') : view.path('login-page'), view.login ? view.texts.words.back : mailSent.back])}`;
  },
};
