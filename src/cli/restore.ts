import { Command } from 'commander';
import { resolve } from 'node:path';
import type { Settings } from '../config/settings.js';
import type { Restored } from '../stores/restore.js';
import { CommandFailure } from './exit.js';
import { withoutSecrets } from './maintenance.js';
import { plural, print } from './output.js';
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
  const { users, sessions } = await attempt(settings, resolve(file));
  const counted = `${plural(users, 'user')}, ${plural(sessions, 'session')}`;
  print(`${withoutSecrets(settings.databaseUrl)} holds what ${file} held: ${counted}.`);
  print('Serve it with the secret that belongs to the file, or links in mails and the audit log’s seals mean nothing.');
}

async function attempt(settings: Settings, file: string): Promise<Restored> {
  const { RestoreFailure, restoreInto } = await import('../stores/restore.js');
  try {
    return await restoreInto({ ...settings, clock: Date }, file);
  } catch (error) {
    throw error instanceof RestoreFailure ? new CommandFailure(error.message) : error;
  }
}
