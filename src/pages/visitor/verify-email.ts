import { html } from '../html.js';
import type { Page } from '../page.js';
import { form, hidden, submit } from '../parts.js';

export const verifyEmail: Page = {
  name: 'verify-email-page',
  description: 'The page a confirmation mail links to: one click proves the address. Opening it consumes nothing.',
  kind: 'card',
  next: 'home-page',
  link: 'verify-email',
  title: ({ texts }) => texts.verifyEmail.title,
  content(view) {
    const { lead, submit: label } = view.texts.verifyEmail;
    return html`<p>${lead}</p>
      ${form(view, view.action('verify-email'), html`${hidden('token', view.value('token'))} ${submit(label)}`)}`;
  },
};
