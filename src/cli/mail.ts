import { Command, Option } from 'commander';
import type { Services } from '../auth/services.js';
import { mailNames } from '../mail/messages.js';
import type { MailRow } from '../mail/tools.js';
import type { OutboxMail } from '../stores/contract.js';
import { CommandFailure } from './exit.js';
import { print, printJson, table } from './output.js';
import { settingsHere, withServices } from './settings.js';

interface ListOptions {
  state?: OutboxMail['state'];
  json?: boolean;
}

const tools = () => import('../mail/tools.js');

/** `gatehouse mail …` */
export function mailCommand(): Command {
  const mail = new Command('mail').description('see, try and repeat mails');
  mail
    .command('preview <name>')
    .description(`how a mail looks: ${mailNames.join(', ')}`)
    .option('--language <language>', 'en, de, or one you have templates for', '')
    .option('--html', 'its HTML part')
    .action(preview);
  mail.command('test <address>').description('send a test mail now and say what the server answered').action(test);
  mail
    .command('list')
    .description('the outbox, the latest first')
    .addOption(new Option('--state <state>', 'only these').choices(['waiting', 'sent', 'dead']))
    .option('--json', 'for scripts')
    .action((options: ListOptions) => withServices((services) => list(services, options)));
  mail
    .command('retry <id>')
    .description('send a dead mail once more')
    .action((id: string) => withServices((services) => retry(services, id)));
  return mail;
}

async function preview(name: string, { language, html }: { language: string; html?: boolean }): Promise<void> {
  if (!mailNames.some((known) => known === name)) {
    throw new CommandFailure(`There is no mail "${name}"; there are ${mailNames.join(', ')}.`);
  }
  const { previewMail } = await tools();
  const mail = previewMail(settingsHere(), name, language);
  print(html ? mail.html : `Subject: ${mail.subject}\n\n${mail.text}`);
}

async function test(address: string): Promise<void> {
  const { sendTestMail } = await tools();
  const sent = await sendTestMail(settingsHere(), address).catch((error: unknown) => {
    throw new CommandFailure(`The mail could not be sent: ${(error as Error).message}`);
  });
  print('file' in sent ? `There is no SMTP server (SMTP_URL): the mail is in ${sent.file}` : sent.response);
}

async function list({ stores }: Services, { state, json }: ListOptions): Promise<void> {
  const { listMails } = await tools();
  const mails = await listMails(stores.outbox, { limit: 1000, ...(state ? { state } : {}) });
  if (json) return printJson(mails);
  print(table(['id', 'created', 'mail', 'to', 'state', 'tries', 'last error'], mails.map(row)));
}

function row({ id, createdAt, template, recipient, state, attempts, lastError }: MailRow): string[] {
  return [id, new Date(createdAt).toISOString(), template, recipient, state, String(attempts), lastError];
}

async function retry({ stores, clock }: Services, id: string): Promise<void> {
  const { retryMail } = await tools();
  if (!(await retryMail(stores.outbox, id, clock.now()))) throw new CommandFailure(`There is no dead mail "${id}".`);
  print('The mail waits to be sent once more.');
}
