import { parseMailbox } from '../lib/address.js';
import type { Rendered } from './templates.js';

export interface Message {
  from: string;
  to: string;
  raw: Buffer;
}

export interface Cover {
  /** of the outbox; makes the Message-ID, so that a mail that was sent twice can be recognised */
  id: string;
  from: string;
  to: string;
  /** milliseconds */
  at: number;
}

/** Text and HTML as a MIME message. Addresses go in as objects and the subject is one line: nothing can add a header. */
export async function compose(
  { id, from, to, at }: Cover,
  { subject, text, html, language }: Rendered,
): Promise<Message> {
  const sender = parseMailbox(from);
  if (!sender) throw new Error(`"${from}" is no sender`);
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const mail = new MailComposer({
    from: sender,
    to: { name: '', address: to },
    subject,
    date: new Date(at),
    messageId: `<${id}@${sender.address.split('@')[1]}>`,
    // nobody's absence note shall answer this (RFC 3834)
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    text: plainPart(text) ?? text,
    html,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { from: sender.address, to, raw: await mail.compile().build() };
}

/** Left as it is where that is allowed: people look for the link in .eml files, and quoted-printable breaks it apart. */
function plainPart(text: string): { raw: string } | undefined {
  const lines = text.split('\n');
  // the whole of ASCII, in lines that SMTP takes (RFC 5321, 4.5.3.1.6)
  if (!/^[\n\x20-\x7e]*$/.test(text) || lines.some((line) => line.length > 990)) return undefined;
  const head = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n';
  return { raw: head + lines.join('\r\n') };
}
