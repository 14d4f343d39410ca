import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { ways } from '../parts.js';
import type { View } from '../view.js';

/** What a mailed link leads to that was used or has expired. Not in routes.yaml: it is shown in the place of another page. */
export const unknownLink: Page = {
  name: 'unknown-link-page',
  description: 'A mailed link that does not work.',
  kind: 'card',
  title: ({ texts }) => texts.link.unknownTitle,
  content: (view) => instead(view, view.texts.link.unknown),
};

export const expiredLink: Page = {
  name: 'expired-link-page',
  description: 'A mailed link that has expired.',
  kind: 'card',
  title: ({ texts }) => texts.link.expiredTitle,
  content: (view) => instead(view, view.texts.link.expired),
};

/** Where a new link of that kind is asked for, by the page that was posted. */
const askAgain: Record<string, string> = {
  'reset-password-page': 'forgot-password-page',
  'magic-link-page': 'magic-link-page',
  'one-time-login-page': 'forgot-password-page',
};

function instead(view: View, text: string): Markup {
  const again = askAgain[view.value('page')] ?? '';
  return html`<p>${text}</p>
    ${ways([again && view.path(again), view.texts.link.again], [view.path('login-page'), view.texts.forgotPassword.back])}`;
}
