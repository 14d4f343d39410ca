import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { Misconfiguration, type Mistake, type Place } from '../errors.js';
import { packageFolder } from '../lib/package-folder.js';
import { pointerParts, pointerText } from '../lib/pointer.js';
import { readYaml } from '../lib/yaml.js';
import { checkStructure, variableNames, type Unfit, type Variables } from './check.js';
import { isMapping, mergeAll, resolveVariables, type Written } from './merge.js';
import { relationMistakes } from './relations.js';
import { environmentLookup, type Environment } from './substitute.js';
import type { Settings } from './settings.js';

export interface LoadOptions {
  env?: Environment;
  /** holds default.yaml, production.yaml … */
  configFolder?: string;
  cwd?: string;
}

export interface LoadedSettings {
  settings: Settings;
  /** where a setting was written, by its JSON pointer (`/http/port`), for mistakes that others find */
  place: (pointer: string, what?: 'key' | 'value') => Place | undefined;
  /** every file that was read */
  files: string[];
}

export const shippedConfig = join(packageFolder, 'config');

/** @throws Misconfiguration with all mistakes at once */
export function loadSettings(options: LoadOptions = {}): Settings {
  return readSettings(options).settings;
}

/** The same with the places. @throws Misconfiguration with all mistakes at once */
export function readSettings({
  env = process.env,
  configFolder = shippedConfig,
  cwd = process.cwd(),
}: LoadOptions = {}): LoadedSettings {
  const stage = env['NODE_ENV'] || 'development';
  const files = filesToRead(env, configFolder, stage, cwd);
  const documents = files.map((file) => readDocument(file, cwd));
  const merged = mergeAll(documents);
  const { value, variables, unfit } = resolveVariables(merged.value, environmentLookup(env, cwd));
  unfit.push(...withoutRepeats(checkStructure(value, variables), unfit));
  const names = files.map((file) => shown(file, cwd));
  const mistaken = () => new Misconfiguration(inFileOrder(unfit.map(toMistake(merged.place)), names));
  if (unfit.length > 0 && !heal(value, unfit, documents[0]!)) throw mistaken();
  const settings = settle(value as Omit<Settings, 'production'>, stage === 'production', cwd);
  unfit.push(...withoutRepeats(namingVariables(relationMistakes(settings), variables, unfit), unfit));
  if (unfit.length > 0) throw mistaken();
  return { settings, place: merged.place, files };
}

/** One mistake a setting is enough: the others follow from it. */
function withoutRepeats(found: Unfit[], before: Unfit[]): Unfit[] {
  const seen = new Set(before.map(({ pointer }) => pointer));
  return found.filter(({ pointer }) => !seen.has(pointer) && seen.add(pointer));
}

/** With the default in the place of what is wrong, the rest can still be looked at, and all is reported at once. */
function heal(value: Record<string, unknown>, unfit: Unfit[], defaults: Written): boolean {
  const sound = resolveVariables(defaults.value as Record<string, unknown>, () => undefined).value;
  for (const { pointer } of unfit) putBack(value, sound, pointerParts(pointer));
  return checkStructure(value, new Map()).length === 0;
}

function putBack(bad: Record<string, unknown>, good: Record<string, unknown>, [part, ...rest]: string[]): void {
  if (part === undefined) return;
  if (isMapping(bad[part]) && isMapping(good[part]) && rest.length > 0) putBack(bad[part], good[part], rest);
  else if (part in good) bad[part] = good[part];
  else delete bad[part];
}

/** A variable that several settings use, like PORT, is named once. */
function namingVariables(found: Unfit[], variables: Variables, before: Unfit[]): Unfit[] {
  const named = new Set(before.flatMap(({ pointer }) => variables.get(pointer) ?? []));
  return found.flatMap(({ pointer, message }) => {
    const names = variables.get(pointer) ?? [];
    if (names.length === 0) return [{ pointer, message }];
    return names.every((name) => named.has(name))
      ? []
      : [{ pointer, message: `${message} (from ${variableNames(names)})` }];
  });
}

function toMistake(place: LoadedSettings['place']): (unfit: Unfit) => Mistake {
  return ({ pointer, message, what }) => ({ place: place(pointer, what), key: pointerText(pointer), message });
}

/** As somebody reads who goes through the files from top to bottom. */
function inFileOrder(mistakes: Mistake[], files: string[]): Mistake[] {
  const rank = ({ place }: Mistake): number => (place ? files.indexOf(place.file) : -1);
  return [...mistakes].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}

function filesToRead(env: Environment, folder: string, stage: string, cwd: string): string[] {
  const files = [join(folder, 'default.yaml')];
  const ofStage = join(folder, `${stage}.yaml`);
  if (/^[\w-]+$/.test(stage) && stage !== 'default' && existsSync(ofStage)) files.push(ofStage);
  if (env['CONFIG_FILE']) files.push(ownFile(resolve(cwd, env['CONFIG_FILE']), cwd));
  return files;
}

function ownFile(file: string, cwd: string): string {
  if (existsSync(file)) return file;
  const message = `the environment variable CONFIG_FILE names ${shown(file, cwd)}, but there is no such file`;
  throw new Misconfiguration([{ message }]);
}

/** A file of comments only is a file in which everything is as it was. */
function readDocument(file: string, cwd: string): Written {
  const name = shown(file, cwd);
  const place = { file: name, line: 1, column: 1 };
  if (isBlank(file)) return { value: {}, place: () => place };
  const document = readYaml(file, name);
  if (isMapping(document.value)) return document;
  throw new Misconfiguration([
    { place: document.place(''), message: 'settings are a mapping: `name: value`, one a line' },
  ]);
}

function isBlank(file: string): boolean {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .every((line) => /^\s*(?:---|null|~)?\s*(?:#|$)/.test(line));
  } catch {
    return false;
  }
}

/** As people know it: relative to where they are, unless it is elsewhere. */
function shown(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}

/** What the other settings decide where one is empty. */
function settle(written: Omit<Settings, 'production'>, production: boolean, cwd: string): Settings {
  const dataDir = resolve(cwd, written.dataDir);
  const publicUrl = written.publicUrl.replace(/\/+$/, '');
  const from = written.mail.from || `no-reply@${hostOf(publicUrl)}`;
  return {
    ...written,
    production,
    publicUrl,
    dataDir,
    databaseUrl: written.databaseUrl || `sqlite:${join(dataDir, 'gatehouse.sqlite')}`,
    routesFile: cwd === process.cwd() ? written.routesFile : resolve(cwd, written.routesFile),
    mail: {
      ...written.mail,
      from,
      siteAddress: written.mail.siteAddress || from,
      templates: written.mail.templates && resolve(cwd, written.mail.templates),
    },
  };
}

/** An address of numbers is no domain for mail. */
function hostOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return /^[\d.]*$|^\[/.test(host) ? 'localhost' : host;
}
