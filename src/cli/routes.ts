import { Command } from 'commander';
import type { Settings } from '../config/settings.js';
import { vocabulary } from '../gatehouse.js';
import { explainRequest, listHead, listJson, listRow } from '../routes/explain.js';
import { describeApi } from '../routes/openapi.js';
import { openRoutes } from '../routes/open.js';
import { sketchRoutes, type SketchedRoute } from '../routes/sketch.js';
import { version } from '../lib/version.js';
import { CommandFailure, exitCodes } from './exit.js';
import { print, printJson, table } from './output.js';
import { settingsHere } from './settings.js';

/** `gatehouse routes`, `gatehouse routes explain`, `gatehouse openapi` */
export function routesCommands(): Command[] {
  const routes = new Command('routes')
    .description('list what is served')
    .option('--json', 'for scripts')
    .action(async ({ json }: { json?: boolean }) => list(json ?? false));
  routes
    .command('explain')
    .description('which entry answers a request, what is checked, and how to try it')
    .argument('<method>', 'GET, POST …')
    .argument('<path>', 'as a client calls it')
    .action(explain);
  const openapi = new Command('openapi').description('print the OpenAPI document of every route').action(printApi);
  return [routes, openapi];
}

async function sketched(): Promise<{ routes: SketchedRoute[]; settings: Settings }> {
  const settings = settingsHere();
  const { entries, ownCode } = await openRoutes(settings.routesFile, { vocabulary, settings });
  return { routes: sketchRoutes(entries, { vocabulary, settings, ownCode }), settings };
}

async function list(json: boolean): Promise<void> {
  const { routes } = await sketched();
  if (json) return printJson(routes.map(listJson));
  print(table(listHead, routes.map(listRow)));
}

async function explain(method: string, path: string): Promise<void> {
  const { routes, settings } = await sketched();
  const { found, text } = explainRequest(routes, method.toUpperCase(), path, settings);
  if (!found) throw new CommandFailure(text, exitCodes.failed);
  print(text);
}

async function printApi(): Promise<void> {
  const { routes, settings } = await sketched();
  printJson(describeApi(routes, settings, version));
}
