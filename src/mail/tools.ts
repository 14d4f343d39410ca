import { randomUUID } from 'node:crypto';
import type { Settings } from '../config/settings.js';
import { isAddress } from '../lib/address.js';
import type { OutboxMail, OutboxStore } from '../stores/contract.js';
import { isMailName, mailNames, sampleLetter } from './messages.js';
import { createSender, type Sent } from './sender.js';
import { usualPatience } from './smtp.js';
import { loadTemplates, type Rendered } from './templates.js';

export { mailNames } from './messages.js';

/** How a mail looks, with sample values (`gatehouse mail preview`). @throws Error with the names there are */
export function previewMail(settings: Settings, name: string, language = '', at = Date.now()): Rendered {
  if (!isMailName(name)) throw new Error(`there is no mail "${name}"; there are ${mailNames.join(', ')}`);
  const letter = sampleLetter(name, settings, at);
  return loadTemplates(settings).render({ ...letter, user: { ...letter.user!, language } });
}

/** Sends a mail at once, past the outbox, so that the mail server's answer can be seen (`gatehouse mail test`). */
export async function sendTestMail(settings: Settings, to: string, at = Date.now()): Promise<Sent> {
  if (!isAddress(to)) throw new Error(`"${to}" is not an e-mail address`);
  const send = createSender(settings, loadTemplates(settings), usualPatience);
  return send(randomUUID(), { name: 'test', to, user: undefined, values: {}, at });
}

export type MailRow = Omit<OutboxMail, 'payload'> & { payload: undefined };

/** The outbox without what is in the mails, newest first (`gatehouse mail list`). */
export async function listMails(outbox: OutboxStore, query: Parameters<OutboxStore['list']>[0]): Promise<MailRow[]> {
  return (await outbox.list(query)).map((mail) => ({ ...mail, payload: undefined }));
}

/** Puts a dead mail back among the waiting ones (`gatehouse mail retry`); false when there is no such one. */
export async function retryMail(outbox: OutboxStore, id: string, now: number): Promise<boolean> {
  const mail = await outbox.find(id);
  if (mail?.state !== 'dead' || !isAddress(mail.recipient)) return false;
  await outbox.retry(id, now, mail.lastError);
  return true;
}
