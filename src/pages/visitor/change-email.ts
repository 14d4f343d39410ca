import { html } from '../html.js';
import type { Page } from '../page.js';
import { form, hidden, submit } from '../parts.js';

export const changeEmail: Page = {
  name: 'change-email-page',
  description: 'The page the mail to a new address links to: one click makes the change. Opening it consumes nothing.',
  kind: 'card',
  next: 'home-page',
  link: 'change-email',
  title: ({ texts }) => texts.changeEmail.title,
  content(view) {
    const { lead, submit: label } = view.texts.changeEmail;
    return html`<p>${lead}</p>
      ${form(view, view.action('confirm-email'), html`${hidden('token', view.value('token'))} ${submit(label)}`)}`;
  },
};
