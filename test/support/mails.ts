import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';
import type { TestGatehouse } from './gatehouse.js';

/** The mails in the data folder, oldest first, once the outbox has nothing more to send. */
export async function readMails({ services }: TestGatehouse): Promise<Email[]> {
  await services.tell.settled();
  services.mailer.wake();
  for (let tries = 0; tries < 200 && (await services.stores.outbox.count('waiting')) > 0; tries += 1) await sleep(10);
  const folder = join(services.settings.dataDir, 'mail');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => join(folder, name))
    .map((file) => ({ file, written: statSync(file, { bigint: true }).mtimeNs }))
    .sort((a, b) => Number(a.written - b.written));
  return Promise.all(files.map(({ file }) => PostalMime.parse(readFileSync(file))));
}

/** A mail that was tried in vain until the server gave it up. */
export async function giveUpAMail(gatehouse: TestGatehouse, error: string): Promise<void> {
  await readMails(gatehouse);
  const { mailer, stores, clock } = gatehouse.services;
  // nobody sends it meanwhile
  await stores.atomically(async (inner) => {
    await mailer.post({ template: 'login', to: 'full@example.com', values: { at: clock.now() } }, inner);
    const [mail] = await inner.outbox.list({ state: 'waiting' });
    await inner.outbox.dead(mail!.id, error);
  });
}
