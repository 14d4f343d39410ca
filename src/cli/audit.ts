import { Command, InvalidArgumentError } from 'commander';
import { verifyAudit } from '../auth/audit.js';
import type { Services } from '../auth/services.js';
import { lookUpUser } from '../auth/users.js';
import type { AuditEntry } from '../stores/contract.js';
import { CommandFailure } from './exit.js';
import { print, printJson, table } from './output.js';
import { withServices } from './settings.js';

interface AuditOptions {
  user?: string;
  type?: string;
  since?: number;
  limit: number;
  json?: boolean;
}

/** `gatehouse audit …` */
export function auditCommand(): Command {
  const audit = new Command('audit')
    .description('what happened: logins, refusals, changes, the latest last')
    .option('--user <name>', 'only what concerns this user')
    .option('--type <event>', 'only one kind, such as login or loginFailed')
    .option('--since <time>', 'a time such as 2026-11-21T08:00Z, or how long ago: 30m, 12h, 7d', parseSince)
    .option('--limit <count>', 'at most so many lines', parseCount, 100)
    .option('--json', 'for scripts')
    .action((options: AuditOptions) => withServices((services) => show(services, options)));
  audit
    .command('verify')
    .description('check that no line was changed or taken away')
    .action(() => withServices(verify));
  return audit;
}

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseSince(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const at = amount && unit ? Date.now() - Number(amount) * units[unit]! : Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('It is neither a time nor something like 30m, 12h or 7d.');
  return at;
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

async function show(services: Services, { user: name, json, ...query }: AuditOptions): Promise<void> {
  const lines = await services.stores.audit.query({ ...query, ...(await ofUser(services, name)) });
  const ascending = lines.toReversed();
  if (json) return printJson(ascending);
  print(table(['time', 'event', 'user', 'from', 'details'], ascending.map(row)));
}

async function ofUser(services: Services, name: string | undefined): Promise<{ userId?: number }> {
  if (name === undefined) return {};
  const user = await lookUpUser(services, name);
  if (!user) throw new CommandFailure(`There is no user "${name}".`);
  return { userId: user.id };
}

/** JSON, so that nothing in a detail can act on the terminal. */
function row({ at, type, username, address, detail }: AuditEntry): string[] {
  return [new Date(at).toISOString(), type, username, address, JSON.stringify(detail)];
}

async function verify(services: Services): Promise<void> {
  const { lines, last, broken } = await verifyAudit(services);
  if (broken)
    throw new CommandFailure(`The log is not as it was written: line ${broken.id} was ${verbs[broken.what]}.`);
  const intact = lines === 1 ? '1 line is as it was written.' : `${lines} lines are as they were written.`;
  print(`${intact}${last ? ` The last is ${last.id}: ${last.hash}` : ''}`);
}

const verbs = { changed: 'changed', missing: 'taken away' };
