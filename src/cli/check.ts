import { Command } from 'commander';
import { describeMistake } from '../errors.js';
import { vocabulary } from '../gatehouse.js';
import { loadRoutes } from '../routes/load.js';
import { CommandFailure, exitCodes } from './exit.js';
import { print } from './output.js';
import { settingsHere } from './settings.js';

/** `gatehouse check` */
export function checkCommand(): Command {
  return new Command('check')
    .description('check routes and configuration without serving')
    .option('--strict', 'warnings are errors')
    .action(async ({ strict }: { strict?: boolean }) => check(strict ?? false));
}

async function check(strict: boolean): Promise<void> {
  const settings = settingsHere();
  const { entries, warnings } = loadRoutes(settings.routesFile, { vocabulary, settings });
  const texts = warnings.map((warning) => `warning: ${describeMistake(warning)}`).join('\n');
  if (strict && warnings.length) throw new CommandFailure(texts, exitCodes.misconfigured);
  if (texts) process.stderr.write(`${texts}\n`);
  print(
    `${settings.routesFile}: ${entries.length} routes, ${warnings.length} warning${warnings.length === 1 ? '' : 's'}.`,
  );
}
