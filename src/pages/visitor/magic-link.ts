import { lookAtLink } from '../../auth/link.js';
import { belongsTo } from '../../auth/magic-link.js';
import { browserMark } from '../../http/browser-mark.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';
import { field, form, hidden, submit, ways } from '../parts.js';
import type { View } from '../view.js';

/** With a token the page a magic link's mail leads to, without one the form that asks for such a mail. */
export const magicLink: Page = {
  name: 'magic-link-page',
  description: 'Asks for a sign-in link, or confirms the one from the mail. Opening it consumes nothing.',
  kind: 'card',
  link: 'magic',
  opensWithoutLink: true,
  forGuests: true,
  title: (view) => (view.value('token') ? view.texts.magicLink.confirmTitle : view.texts.magicLink.title),
  content: (view) => (view.value('token') ? confirmation(view) : request(view)),
};

async function confirmation(view: View): Promise<Markup> {
  const { confirmLead, confirm, otherBrowser } = view.texts.magicLink;
  const link = await lookAtLink(view.services, view.value('token'), 'magic');
  if (typeof link !== 'string' && !belongsTo(link, browserMark(view.ctx))) return html`<p>${otherBrowser}</p>`;
  const content = html`${hidden('token', view.value('token'))} ${submit(confirm)}`;
  return html`<p>${confirmLead}</p>
    ${form(view, view.action('magic-link-login'), content)}`;
}

function request(view: View): Markup {
  const { magicLink, fields } = view.texts;
  const email = { name: 'email', label: fields.email, type: 'email', autocomplete: 'email', first: true };
  return html`<p>${magicLink.lead}</p>
    ${form(view, view.action('magic-link'), html`${field(view, email)} ${submit(magicLink.submit)}`)}
    ${ways([view.path('login-page'), magicLink.back])}`;
}
