import { html } from '../html.js';
import type { Page } from '../page.js';
import { ways } from '../parts.js';

export const locked: Page = {
  name: 'locked-page',
  description: 'Says that an account is locked and how that ends.',
  kind: 'card',
  title: ({ texts }) => texts.locked.title,
  content(view) {
    const { locked, login } = view.texts;
    return html`<p>${view.text(locked.lead)}</p>
      <p>${locked.mail}</p>
      ${ways([view.path('forgot-password-page'), login.forgot], [view.path('login-page'), locked.back])}`;
  },
};
