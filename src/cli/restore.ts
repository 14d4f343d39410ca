import { Command } from 'commander';
import { resolve } from 'node:path';
import { plural, print, withoutSecrets } from './output.js';
import { settingsHere } from './settings.js';

/** `gatehouse restore FILE` */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup, or the file of a stopped server, into the empty database of DATABASE_URL')
    .argument('<file>', 'an SQLite database; it is only read')
    .action(restore);
}

async function restore(file: string): Promise<void> {
  const settings = settingsHere();
  const { restoreInto } = await import('../stores/restore.js');
  const { users, sessions } = await restoreInto({ ...settings, clock: Date }, resolve(file));
  const counted = `${plural(users, 'user')}, ${plural(sessions, 'session')}`;
  print(`${withoutSecrets(settings.databaseUrl)} holds what ${file} held: ${counted}.`);
  print('Serve it with the secret that belongs to the file, or links in mails and the audit log’s seals mean nothing.');
}
