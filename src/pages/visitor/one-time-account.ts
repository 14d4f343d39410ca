import { lookAtLink } from '../../auth/link.js';
import { html } from '../html.js';
import type { Page } from '../page.js';
import { form, submit } from '../parts.js';

export const oneTimeAccount: Page = {
  name: 'one-time-account-page',
  description: 'The page a one-time account’s link leads to: one click makes the account. Opening it consumes nothing.',
  kind: 'card',
  link: 'one-time-account',
  title: ({ texts }) => texts.oneTimeAccount.title,
  async content(view) {
    const { lead, submit: label } = view.texts.oneTimeAccount;
    const hash = view.value('token');
    const link = await lookAtLink(view.services, hash, 'one-time-account');
    const oneTimeMinutes = typeof link === 'string' ? undefined : Number(link.data['minutes']);
    return html`<p>${view.text(lead, { oneTimeMinutes })}</p>
      ${form(view, view.action('one-time-account-login', { hash }), submit(label))}`;
  },
};
