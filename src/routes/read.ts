import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Settings } from '../config/settings.js';
import { Misconfiguration, type Mistake } from '../errors.js';
import { filesLike, globPattern, isGlob } from '../lib/glob.js';
import { pointerTo } from '../lib/pointer.js';
import { readSource } from '../lib/source.js';
import { didYouMean } from '../lib/suggest.js';
import { parseYamlInSteps, type YamlDocument } from '../lib/yaml.js';
import { entryProperties, importProperties } from './keys.js';
import { checkImportStructure } from './structure.js';
import { isSymfonyEntry, symfonyWords, translateEntry } from './typo3.js';
import { patternKey, stampOf } from './watch.js';
import { createWritten, isMapping, mistakeAt, textAt, withDefaults, type Written } from './written.js';

/** The files of one load, put together: what `load.ts` judges. */
export interface Reading {
  /** by name; a later file replaces what an earlier one said */
  entries: Map<string, Written>;
  mistakes: Mistake[];
  warnings: Mistake[];
  /** how each file looked when it was read, by absolute path in the order of reading */
  stamps: Map<string, string>;
  /** how often a file was read */
  reads: number;
}

export interface ReadOptions {
  settings: Settings['routes'];
  /** names that `when@…` blocks may call this environment */
  environments: readonly string[];
}

/** Imports that fan out beyond this are a mistake or an attack. */
const mostReads = 1000;

/** Reads a file and what it imports, in steps of a few milliseconds. `shownAs` is its name in messages. */
export function* readRoutes(path: string, shownAs: string, options: ReadOptions): Generator<undefined, Reading> {
  const reading: Reading = { entries: new Map(), mistakes: [], warnings: [], stamps: new Map(), reads: 0 };
  yield* readFile(reading, { path: resolve(path), shownAs, parents: [] }, options);
  resolveAliases(reading);
  return reading;
}

interface Source {
  path: string;
  shownAs: string;
  /** real paths of the files that are being read around this one */
  parents: string[];
  /** the entry with `resource` */
  from?: Written;
}

function* readFile(reading: Reading, source: Source, options: ReadOptions): Generator<undefined> {
  const document = yield* open(reading, source);
  if (!document) return;
  const { value, keys, place } = document;
  if (!isMapping(value)) {
    const message = `routes are a mapping of names to entries, this is ${Array.isArray(value) ? 'a list' : 'a single value'}`;
    reading.mistakes.push({ place: place(''), message });
    return;
  }
  let count = 0;
  for (const name of orderOf(value, keys)) {
    yield* readEntry(reading, { document, source, options, base: pointerTo(name) }, name, value[name]);
    if (++count % 50 === 0) yield;
  }
}

/** Keys that a merge (<<) brought in come last. */
function orderOf(value: Record<string, unknown>, keys: string[]): string[] {
  const written = new Set(keys);
  return [...keys, ...Object.keys(value).filter((key) => !written.has(key))];
}

function* open(
  reading: Reading,
  { path, shownAs, parents, from }: Source,
): Generator<undefined, YamlDocument | undefined> {
  if (!reading.stamps.has(path)) reading.stamps.set(path, stampOf(path));
  const complain = (message: string): undefined => {
    reading.mistakes.push(from ? mistakeAt(from, 'resource', message) : { message });
    return undefined;
  };
  if (++reading.reads > mostReads) return complain(`more than ${mostReads} files are imported`);
  try {
    if (parents.includes(realPath(path)))
      return complain(`imports in a circle: ${[...parents, realPath(path)].map(shortPath).join(' → ')}`);
    return yield* parseYamlInSteps(readSource(path, shownAs), shownAs);
  } catch (error) {
    if (!(error instanceof Misconfiguration)) throw error;
    // a file that cannot be opened is a mistake of the line that names it
    const unplaced = error.mistakes.find(({ place }) => !place);
    if (from && unplaced) return complain(unplaced.message);
    reading.mistakes.push(...error.mistakes);
    return undefined;
  }
}

interface Position {
  document: YamlDocument;
  source: Source;
  options: ReadOptions;
  /** the entry's pointer in its document */
  base: string;
}

function* readEntry(reading: Reading, position: Position, name: string, value: unknown): Generator<undefined> {
  if (name.startsWith('when@')) return yield* readWhen(reading, position, name, value);
  if (!isMapping(value)) {
    const message = `an entry is a mapping with at least "path" and "handler", this is ${kindOf(value)}`;
    reading.mistakes.push({ place: position.document.place(position.base), key: name, message });
    return;
  }
  if (Object.hasOwn(value, 'resource')) return yield* readImport(reading, position, name, value);
  const written = write(reading, position, name, value);
  const { from } = position.source;
  const entry = from ? imported(written, from) : written;
  // Symfony's rule for a name that comes again: it is replaced and moves to the end
  reading.entries.delete(entry.name);
  reading.entries.set(entry.name, entry);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  return Array.isArray(value) ? 'a list' : 'a single value';
}

/** `when@prod:` holds entries for one environment. */
function* readWhen(reading: Reading, position: Position, name: string, value: unknown): Generator<undefined> {
  if (!isMapping(value)) {
    const message = `"${name}" holds entries for one environment, this is ${kindOf(value)}`;
    reading.mistakes.push({ place: position.document.place(position.base), key: name, message });
    return;
  }
  if (!position.options.environments.includes(name.slice('when@'.length))) return;
  for (const [inner, entry] of Object.entries(value)) {
    yield* readEntry(reading, { ...position, base: position.base + pointerTo(inner) }, inner, entry);
  }
}

/** Takes the entry as it stands, in our words. */
function write(
  reading: Reading,
  { document, source, options, base }: Position,
  name: string,
  value: Record<string, unknown>,
): Written {
  if (!isSymfonyEntry(value)) {
    return createWritten(document, base, source.path, { name, keys: value, symfony: false, renames: {} });
  }
  const { keys, renames, mistakes } = translateEntry(value, options.settings);
  const alias = Object.hasOwn(value, 'alias') ? { alias: value['alias'] } : {};
  const written = createWritten(document, base, source.path, {
    name,
    keys: { ...keys, ...alias },
    symfony: true,
    renames,
  });
  for (const { pointer, message } of mistakes) reading.mistakes.push(mistakeAt(written, pointer, message));
  for (const key of Object.keys(value)) {
    if (!knownInSymfony.has(key))
      reading.mistakes.push(mistakeAt(written, key, `unknown key "${key}"${didYouMean(key, knownInSymfony)}`, 'key'));
  }
  return written;
}

const knownInSymfony: ReadonlySet<string> = new Set([...symfonyWords, 'enabled', 'description', 'dialect']);

function imported(written: Written, from: Written): Written {
  const named = { ...written, name: textAt(from.keys, 'name_prefix') + written.name };
  const {
    resource: _,
    prefix: __,
    name_prefix: ___,
    exclude: ____,
    trailing_slash_on_root: slash,
    ...defaults
  } = from.keys;
  const merged = withDefaults(named, { ...from, keys: defaults });
  const path = merged.keys['path'];
  if (typeof path !== 'string') return merged;
  return { ...merged, keys: { ...merged.keys, path: prefixed(textAt(from.keys, 'prefix'), path, slash !== false) } };
}

function prefixed(prefix: string, path: string, slashOnRoot: boolean): string {
  if (prefix === '') return path;
  const head = `/${prefix.replace(/^\/+|\/+$/g, '')}`;
  const tail = path.replace(/^\/+/, '');
  if (tail !== '') return `${head === '/' ? '' : head}/${tail}`;
  return slashOnRoot && path !== '' ? `${head}/` : head;
}

function* readImport(
  reading: Reading,
  position: Position,
  name: string,
  value: Record<string, unknown>,
): Generator<undefined> {
  const { document, source, options, base } = position;
  const own = createWritten(document, base, source.path, { name, keys: value, symfony: false, renames: {} });
  const translated =
    value['controller'] === undefined && value['options'] === undefined ? own : write(reading, position, name, value);
  const keys = { ...pick(value, Object.keys(importProperties)), ...(translated === own ? value : translated.keys) };
  const from: Written = { ...translated, keys: combined({ ...own, keys }, source.from) };
  const wrongs = [...importMistakes(own, from)];
  reading.mistakes.push(...wrongs);
  if (wrongs.length > 0) return;
  const paths = resourcesOf(reading, own, source);
  const parents = [...source.parents, realPath(source.path)];
  for (const path of paths) {
    yield* readFile(reading, { path, shownAs: shownNextTo(source, path), parents, from }, options);
  }
}

function pick(value: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]));
}

/** An import inside an imported file: prefixes add up, defaults of the outer one count where the inner is silent. */
function combined(inner: Written, outer: Written | undefined): Record<string, unknown> {
  if (!outer) return inner.keys;
  const { resource: _, exclude: __, ...defaults } = outer.keys;
  const prefix = [outer.keys, inner.keys].map((keys) => textAt(keys, 'prefix').replace(/^\/+|\/+$/g, ''));
  const names = textAt(outer.keys, 'name_prefix') + textAt(inner.keys, 'name_prefix');
  return {
    ...withDefaults(inner, { ...outer, keys: defaults }).keys,
    prefix: prefix.filter((part) => part !== '').join('/'),
    name_prefix: names,
  };
}

const knownInImports: ReadonlySet<string> = new Set([
  ...Object.keys(entryProperties),
  ...Object.keys(importProperties),
  ...symfonyWords,
  'type',
  'name_prefix',
]);

function* importMistakes(own: Written, from: Written): Generator<Mistake> {
  for (const { pointer, message, what } of checkImportStructure(from.keys))
    yield mistakeAt(own, pointer, message, what);
  const { type, path } = own.keys;
  if (path !== undefined) yield mistakeAt(own, 'path', 'an import has no path of its own, only a "prefix"', 'key');
  if (type !== undefined && type !== 'yaml') {
    yield mistakeAt(own, 'type', `only YAML files can be imported, not "${JSON.stringify(type)?.replaceAll('"', '')}"`);
  }
  for (const key of Object.keys(own.keys)) {
    if (!knownInImports.has(key))
      yield mistakeAt(own, key, `unknown key "${key}"${didYouMean(key, knownInImports)}`, 'key');
  }
}

function resourcesOf(reading: Reading, own: Written, source: Source): string[] {
  const resource = textAt(own.keys, 'resource');
  const folder = dirname(source.path);
  if (resource.startsWith('@')) {
    reading.mistakes.push(
      mistakeAt(own, 'resource', `"${resource}" is a path inside a bundle of PHP; write the path of the file`),
    );
    return [];
  }
  if (!isGlob(resource)) return [resolve(folder, resource)];
  const excluded = [own.keys['exclude'] as string | string[] | undefined]
    .flat()
    .flatMap((pattern) => (pattern === undefined ? [] : [globPattern(resolve(folder, pattern))]));
  const pattern = resolve(folder, resource);
  reading.stamps.set(patternKey(pattern), stampOf(patternKey(pattern)));
  const found = filesLike(pattern).filter((path) => !excluded.some((pattern) => pattern.test(path)));
  const others = found.filter((path) => path !== source.path);
  if (others.length === 0) reading.warnings.push(mistakeAt(own, 'resource', `no file fits "${resource}"`));
  return others;
}

/** A file is called in messages as its parent is: relative to where the command was started, or absolute. */
function shownNextTo(source: Source, path: string): string {
  const near = relative(dirname(source.path), path);
  return isAbsolute(source.shownAs) ? path : join(dirname(source.shownAs), near);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function shortPath(path: string): string {
  return path.slice(path.lastIndexOf(sep) + 1);
}

/**
 * `alias: other` is a second name of an entry (Symfony). Names matter to PHP's link makers only, so it changes nothing
 * that is served; but it has to lead somewhere.
 */
function resolveAliases({ entries, mistakes }: Reading): void {
  const aliases = [...entries.values()].filter(({ keys }) => Object.hasOwn(keys, 'alias'));
  for (const alias of aliases) {
    const message = aliasMistake(entries, alias, [alias.name]);
    if (message) mistakes.push(mistakeAt(alias, 'alias', message));
  }
  for (const { name } of aliases) entries.delete(name);
}

function aliasMistake(entries: Reading['entries'], { keys }: Written, seen: string[]): string | undefined {
  const target = keys['alias'];
  if (typeof target !== 'string') return 'an alias names one other entry';
  if (seen.includes(target)) return `aliases in a circle: ${[...seen, target].join(' → ')}`;
  const next = entries.get(target);
  if (!next) return `there is no entry "${target}"${didYouMean(target, entries.keys())}`;
  return Object.hasOwn(next.keys, 'alias') ? aliasMistake(entries, next, [...seen, target]) : undefined;
}
