import { html } from '../html.js';
import type { Page } from '../page.js';
import { ways } from '../parts.js';

export const signedOut: Page = {
  name: 'signed-out-page',
  description: 'Says that the session has ended.',
  kind: 'card',
  title: ({ texts }) => texts.signedOut.title,
  content: (view) =>
    html`<p>${view.texts.signedOut.lead}</p>
      ${ways([view.path('login-page'), view.texts.signedOut.again])}`,
};
