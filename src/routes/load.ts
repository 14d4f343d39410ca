import { isAbsolute, relative, resolve } from 'node:path';
import type { Settings } from '../config/settings.js';
import { Misconfiguration, type Mistake } from '../errors.js';
import { checkEntry } from './check.js';
import type { LoadResult, RouteEntry, Vocabulary } from './contract.js';
import { lintInSteps } from './lint.js';
import { readRoutes } from './read.js';
import type { Stamps } from './watch.js';

export interface LoadOptions {
  vocabulary: Vocabulary;
  settings: Settings;
  /** what `when@…` blocks may call this environment; absent: by `settings.production` */
  environments?: readonly string[];
  /** files below it are named in messages as one would type them there */
  cwd?: string;
}

/** What a load found, mistakes included. */
export interface Loaded extends LoadResult {
  mistakes: Mistake[];
  /** how each file looked when it was read */
  stamps: Stamps;
}

/**
 * Reads a routes file and everything it imports, and judges it completely.
 * @throws Misconfiguration with every mistake at once
 */
export function loadRoutes(file: string, options: LoadOptions): LoadResult {
  const steps = loadInSteps(file, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  const { mistakes, stamps: _, ...result } = step.value;
  if (mistakes.length > 0) throw new Misconfiguration(mistakes);
  return result;
}

/** The same in steps of a few milliseconds, for a server that goes on answering meanwhile. */
export function* loadInSteps(file: string, options: LoadOptions): Generator<undefined, Loaded> {
  const environments = options.environments ?? environmentsOf(options.settings);
  const shownAs = shownFrom(options.cwd ?? process.cwd(), file);
  const reading = yield* readRoutes(file, shownAs, { settings: options.settings.routes, environments });
  const entries: RouteEntry[] = [];
  const mistakes = [...reading.mistakes];
  let count = 0;
  for (const written of reading.entries.values()) {
    const checked = checkEntry(written, options);
    if (checked.entry) entries.push(checked.entry);
    mistakes.push(...checked.mistakes);
    if (++count % 25 === 0) yield;
  }
  const { stamps } = reading;
  const files = [...stamps.keys()];
  if (entries.length === 0 && mistakes.length === 0) mistakes.push({ message: `${shownAs}: there is no route in it` });
  const lint = mistakes.length > 0 ? [] : yield* lintInSteps(entries, options);
  const warnings = inFileOrder([...reading.warnings, ...lint], files);
  return { entries, warnings, files, mistakes: inFileOrder(withoutRepeats(mistakes), files), stamps };
}

/** `routes.yaml`, not `/srv/app/routes.yaml`, where that is what somebody would type. */
function shownFrom(cwd: string, file: string): string {
  const near = relative(cwd, resolve(cwd, file));
  return near === '' || near.startsWith('..') || isAbsolute(near) ? resolve(cwd, file) : near;
}

function environmentsOf({ production }: Settings): string[] {
  return production ? ['prod', 'production'] : ['dev', 'development'];
}

/** What an import says wrongly is wrong for each of its entries; once is enough. */
function withoutRepeats(mistakes: Mistake[]): Mistake[] {
  const seen = new Set<string>();
  return mistakes.filter(({ place, key, message }) => {
    const id = place ? `${place.file}:${place.line}:${place.column} ${message}` : `${key} ${message}`;
    return !seen.has(id) && seen.add(id);
  });
}

/** As somebody reads who goes through the files from top to bottom. */
function inFileOrder(mistakes: Mistake[], files: string[]): Mistake[] {
  const rank = ({ place }: Mistake): number => {
    if (!place) return -1;
    return files.findIndex((file) => file.endsWith(place.file.replace(/^\.\//, '')));
  };
  const compare = (a: Mistake, b: Mistake): number =>
    rank(a) - rank(b) || (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0);
  return mistakes.length < 2000 ? [...mistakes].sort(compare) : mistakes;
}
