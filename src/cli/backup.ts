import { Command } from 'commander';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Settings } from '../config/settings.js';
import { CommandFailure } from './exit.js';
import { plural, print } from './output.js';
import { settingsHere } from './settings.js';

/** `gatehouse backup FILE` */
export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the embedded database into a new file, also while the server runs')
    .argument('<file>', 'must not exist yet')
    .action(backup);
}

async function backup(file: string): Promise<void> {
  const settings = settingsHere();
  const path = await pathOf(settings, file);
  const { backupSqlite } = await import('../stores/backup.js');
  const { users, bytes } = backupSqlite(path, resolve(file));
  print(`${file} holds ${shown(path)} as of now: ${plural(users, 'user')}, ${bytes} bytes.`);
  if (!settings.secret) print(`Keep a copy of ${shown(resolve(settings.dataDir, 'secret'))} apart from it.`);
  if (settings.redisUrl) print('Sessions are in Redis and not in this file.');
}

async function pathOf({ databaseUrl }: Settings, file: string): Promise<string> {
  if (!databaseUrl.startsWith('sqlite:')) throw new CommandFailure(otherTool(new URL(databaseUrl), file));
  const { sqlitePath } = await import('../stores/open.js');
  const path = sqlitePath(databaseUrl);
  if (path === ':memory:')
    throw new CommandFailure('sqlite::memory: ends with its server; there is nothing to back up.');
  return resolve(path);
}

/** What the engine's own tool is called with; it asks for the password, or finds it where its manual says. */
function otherTool(url: URL, file: string): string {
  const name = decodeURIComponent(url.pathname.slice(1));
  const at = [
    `--host=${url.hostname}`,
    url.port && `--port=${url.port}`,
    url.username && `--${user(url)}=${url.username}`,
  ];
  const where = at.filter(Boolean).join(' ');
  const command = isPostgres(url)
    ? `pg_dump --format=custom --file=${file} ${where} ${name}`
    : `mariadb-dump --single-transaction --result-file=${file} ${where} ${name}`;
  const elsewhere = isPostgres(url) ? '' : '\n(MySQL calls it mysqldump.)';
  return `This database is backed up with its own tool, also while the server runs:\n  ${command}${elsewhere}`;
}

const isPostgres = ({ protocol }: URL): boolean => protocol.startsWith('postgres');
const user = (url: URL): string => (isPostgres(url) ? 'username' : 'user');

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') || isAbsolute(near) ? path : near;
}
