import type { Settings } from '../config/settings.js';
import type { BoundRoute, MiddlewareDefinition, RouteEntry, RouteTable, Vocabulary } from './contract.js';
import type { OwnCode } from './modules.js';
import type { DescribedRoute } from './openapi.js';
import { createTable } from './table.js';

export interface SketchOptions {
  vocabulary: Vocabulary;
  settings: Settings;
  ownCode: OwnCode;
}

/** A route with its names looked up, for those who want to see it, not to run it. */
export interface SketchedRoute extends DescribedRoute {
  middleware: { definition: MiddlewareDefinition; parameters: string[]; source: string }[];
}

export function sketchRoutes(entries: readonly RouteEntry[], options: SketchOptions): SketchedRoute[] {
  return entries.map((entry) => sketch(entry, options));
}

function sketch(entry: RouteEntry, { vocabulary, settings, ownCode }: SketchOptions): SketchedRoute {
  const middleware = entry.middleware.map(({ name, parameters, source }) => {
    const definition = vocabulary.middleware.get(name) ?? ownCode.middleware(entry, name)!;
    return { definition, parameters, source };
  });
  return {
    entry,
    handler: vocabulary.handlers.get(entry.handler) ?? ownCode.handler(entry, entry.handler)!,
    dialect: vocabulary.dialects.get(entry.dialect)!,
    authentication: entry.authentication ?? settings.routes.authentication,
    middleware,
    refusals: middleware.flatMap(({ definition }) => definition.refusals.map(({ reason }) => reason)),
  };
}

/** A table that finds routes as the running one does, but runs nothing. */
export function sketchTable(routes: readonly SketchedRoute[]): {
  find: RouteTable['match'];
  of(route: BoundRoute): SketchedRoute;
} {
  const byEntry = new Map(routes.map((route) => [route.entry, route]));
  const bound = routes.map((route): BoundRoute => ({ ...route, run: () => Promise.resolve() }));
  const table = createTable(bound);
  return {
    find: (method, path, where) => table.match(method, path, where),
    of: ({ entry }) => byEntry.get(entry)!,
  };
}
