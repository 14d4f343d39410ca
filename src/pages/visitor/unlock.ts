import { html } from '../html.js';
import type { Page } from '../page.js';
import { form, hidden, submit } from '../parts.js';

export const unlock: Page = {
  name: 'unlock-page',
  description: 'The page the mail about a lock links to: one click ends the lock. Opening it consumes nothing.',
  kind: 'card',
  link: 'unlock',
  title: ({ texts }) => texts.unlock.title,
  content(view) {
    const { lead, stranger, submit: label } = view.texts.unlock;
    return html`<p>${lead}</p>
      <p class="quiet">${stranger}</p>
      ${form(view, view.action('unlock'), html`${hidden('token', view.value('token'))} ${submit(label)}`)}`;
  },
};
