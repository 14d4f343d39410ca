import { Command } from 'commander';
import { lintSettings } from '../config/lint.js';
import { readSettings } from '../config/load.js';
import { describeWarning } from '../errors.js';
import { CommandFailure, exitCodes } from './exit.js';
import { plural, print } from './output.js';

/** `gatehouse check` */
export function checkCommand(): Command {
  return new Command('check')
    .description('check routes and configuration without serving')
    .option('--strict', 'warnings are errors')
    .action(async ({ strict }: { strict?: boolean }) => check(strict ?? false));
}

async function check(strict: boolean): Promise<void> {
  const [{ vocabulary }, { openRoutes }] = await Promise.all([import('../vocabulary.js'), import('../routes/open.js')]);
  const loaded = readSettings({ env: process.env, cwd: process.cwd() });
  const { settings } = loaded;
  const { entries, warnings } = await openRoutes(settings.routesFile, { vocabulary, settings });
  const all = [...lintSettings(loaded), ...warnings];
  const texts = all.map(describeWarning).join('\n');
  if (strict && all.length) throw new CommandFailure(texts, exitCodes.misconfigured);
  if (texts) process.stderr.write(`${texts}\n`);
  print(`${settings.routesFile}: ${plural(entries.length, 'route')}, ${plural(all.length, 'warning')}.`);
}
