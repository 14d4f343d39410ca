import { Command, InvalidArgumentError } from 'commander';
import { createOneTimeAccount, groupNames } from '../auth/one-time-account.js';
import type { Services } from '../auth/services.js';
import { print, printJson } from './output.js';
import { commandLine, withServices } from './settings.js';

interface OneTimeOptions {
  group: string[];
  minutes?: number;
  json?: boolean;
}

/** `gatehouse one-time …` */
export function oneTimeCommand(): Command {
  const oneTime = new Command('one-time').description('accounts for one visit');
  oneTime
    .command('create')
    .description('make a link that makes an account, once, and print it')
    .option('--group <name>', 'id or name of a group of the account (may be repeated)', collect, [])
    .option('--minutes <count>', 'how long the account lives; default oneTimeAccounts.minutes', parseMinutes)
    .option('--json', 'for scripts')
    .action((options: OneTimeOptions) => withServices((services) => create(services, options)));
  return oneTime;
}

function collect(name: string, names: string[]): string[] {
  return [...names, name];
}

function parseMinutes(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of minutes.');
  return Number(text);
}

async function create(services: Services, { group, minutes, json }: OneTimeOptions): Promise<void> {
  const request = {
    groups: await groupNames(services, group),
    minutes: minutes ?? services.settings.oneTimeAccounts.minutes,
  };
  const { url, expiresAt } = await createOneTimeAccount(services, request, 'command line', commandLine);
  const usableUntil = new Date(expiresAt).toISOString();
  if (json) return printJson({ url, usableUntil, ...request });
  print(`${url}\nIt can be used once, until ${usableUntil}; the account then lives ${request.minutes} minutes.`);
}
