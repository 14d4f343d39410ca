import { join } from 'node:path';
import type { Settings } from '../config/settings.js';
import { compose } from './compose.js';
import { writeMailFile } from './files.js';
import type { Letter } from './messages.js';
import { sendBySmtp, type Patience } from './smtp.js';
import type { Templates } from './templates.js';

/** Where it went: what the mail server said, or the file. */
export type Sent = { response: string } | { file: string };
export type Sender = (id: string, letter: Letter, signal?: AbortSignal) => Promise<Sent>;

/** By SMTP where `smtpUrl` is set, else into files below the data folder. */
export function createSender(settings: Settings, templates: Templates, patience: Patience): Sender {
  const { smtpUrl, dataDir, mail } = settings;
  return async (id, letter, signal) => {
    const cover = { id, from: mail.from, to: letter.to, at: letter.at };
    const message = await compose(cover, templates.render(letter));
    if (smtpUrl) return { response: await sendBySmtp(smtpUrl, message, patience, signal) };
    return { file: await writeMailFile(join(dataDir, 'mail'), fileName(id, letter), message) };
  };
}

/** In the order they were posted, and the same for the same mail, so that a second try replaces the first. */
function fileName(id: string, { name, at }: Letter): string {
  const time = new Date(at).toISOString().replaceAll(/[-:]/g, '').replace('.', '-').replace('Z', '');
  return `${time}-${id.slice(15, 18)}-${name}-${id.slice(-8)}`;
}
