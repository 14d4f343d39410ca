import { Command } from 'commander';
import type { Settings } from '../config/settings.js';
import type { SketchedRoute } from '../routes/sketch.js';
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
  const [{ vocabulary }, { openRoutes }, { sketchRoutes }] = await Promise.all([
    import('../vocabulary.js'),
    import('../routes/open.js'),
    import('../routes/sketch.js'),
  ]);
  const { entries, ownCode } = await openRoutes(settings.routesFile, { vocabulary, settings });
  return { routes: sketchRoutes(entries, { vocabulary, settings, ownCode }), settings };
}

async function list(json: boolean): Promise<void> {
  const { routes } = await sketched();
  const { listHead, listJson, listRow } = await import('../routes/explain.js');
  if (json) return printJson(routes.map(listJson));
  print(table(listHead, routes.map(listRow)));
}

async function explain(method: string, path: string): Promise<void> {
  const { routes, settings } = await sketched();
  const { explainRequest } = await import('../routes/explain.js');
  const { found, text } = explainRequest(routes, method.toUpperCase(), path, settings);
  if (!found) throw new CommandFailure(text, exitCodes.failed);
  print(text);
}

async function printApi(): Promise<void> {
  const { routes, settings } = await sketched();
  const { describeApi } = await import('../routes/openapi.js');
  printJson(describeApi(routes, settings, version));
}
