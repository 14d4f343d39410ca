import { readMail } from '../../auth/administration.js';
import { html, type Markup } from '../html.js';
import type { Page } from '../page.js';

export const mail: Page = {
  name: 'admin-mail-page',
  description: 'What a mail says; in development only.',
  kind: 'wide',
  title: ({ texts }) => texts.admin.mails,
  async content(view) {
    const { admin } = view.texts;
    const { mail, subject, text } = await readMail(view.services, view.value('mail'));
    return html`<div class="head">
        <div>
          <p class="small"><a href="${view.path('admin-mails-page')}">${admin.mails}</a></p>
          <h1><bdi>${subject}</bdi></h1>
          <p class="quiet"><bdi>${view.text(admin.mail.title, { recipient: mail.recipient })}</bdi></p>
        </div>
      </div>
      <section class="panel letter" dir="auto">${linked(text)}</section>`;
  },
};

/** Addresses in the text become links: in development that is what one wants to press. */
function linked(text: string): Markup {
  const parts = text.split(/(https?:\/\/[^\s<>"]+)/);
  return html`${parts.map((part, index) => (index % 2 ? html`<a href="${part}">${part}</a>` : part))}`;
}
