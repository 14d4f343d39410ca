import { Command } from 'commander';
import { sweep } from '../auth/sweep.js';
import { print, withoutSecrets } from './output.js';
import { settingsHere, withServices } from './settings.js';

/** `gatehouse migrate` and `gatehouse sweep`, for deployments that want them by hand. */
export function maintenanceCommands(): Command[] {
  return [
    new Command('migrate').description('create or update the database').action(async () => {
      await withServices((services) => services.stores.ping());
      print(`The database is up to date: ${withoutSecrets(settingsHere().databaseUrl)}`);
    }),
    new Command('sweep').description('delete what has expired').action(async () => {
      const swept = await withServices(sweep);
      print(
        Object.entries(swept)
          .map(([kind, count]) => `${kind}: ${count}`)
          .join('\n'),
      );
    }),
  ];
}
