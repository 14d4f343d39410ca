import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Middleware } from 'koa';
import type { Mistake } from '../errors.js';
import { didYouMean } from '../lib/suggest.js';
import type { HandlerDefinition, MiddlewareDefinition, RouteEntry } from './contract.js';
import { ownFilesOf, versionOf } from './own-imports.js';
import { stampOf, type Stamps } from './watch.js';

/** A user's own code, `./handlers/hello.js#hello`, or a package of npm, `koa-compress#default`. */
const filePattern = /^(\.{1,2}\/[^#]+\.m?js)#([A-Za-z_$][\w$]*)$/;
const packagePattern = /^((?:@[\w.-]+\/)?[A-Za-z][\w.-]*(?:\/[\w./-]+)?)#([A-Za-z_$][\w$]*)$/;

/** It is meant as a module, whether it is written well or not. */
export function isModuleWord(word: string): boolean {
  return /^\.{0,2}\//.test(word) || /\.[mc]?[jt]s\b/.test(word) || word.includes('#');
}

/** What is wrong with the word itself; whether the module runs is seen when it is imported. */
export function moduleMistake(word: string, file: string): string | undefined {
  const path = filePattern.exec(word)?.[1];
  if (path) return isFile(resolve(dirname(file), path)) ? undefined : `there is no file "${path}" beside this one`;
  if (/\.[cm]?ts\b/.test(word)) return 'a module is JavaScript (.js, .mjs); compile TypeScript first';
  if (!word.includes('#')) return `name the export too: "${word}#myExport"`;
  if (/\.m?js#/.test(word)) return `a module's path begins with "./" and is relative to this file, got "${word}"`;
  return packagePattern.test(word) ? undefined : `a module is written ./file.js#export, got "${word}"`;
}

/** The user's functions, ready to be bound. Words lead to them as seen from the file they stand in. */
export class OwnCode {
  readonly #functions: ReadonlyMap<string, Middleware>;

  constructor(functions: ReadonlyMap<string, Middleware> = new Map()) {
    this.#functions = functions;
  }

  handler({ file }: RouteEntry, word: string): HandlerDefinition | undefined {
    const run = this.#functions.get(keyOf(file, word));
    return (
      run && {
        name: word,
        description: `Own code, ${word}.`,
        changesState: false,
        ownsSession: true,
        create: () => run,
      }
    );
  }

  middleware({ file }: RouteEntry, word: string): MiddlewareDefinition | undefined {
    const run = this.#functions.get(keyOf(file, word));
    if (!run) return undefined;
    return {
      name: word,
      description: `Own code, ${word}.`,
      parameters: '',
      explain: (parameters) => `own code, ${word}${parameters.length > 0 ? ` with ${parameters.join(', ')}` : ''}`,
      refusals: [],
      check: () => undefined,
      create: (parameters) => (makesMiddleware(run, word, parameters) ? made(run, word, parameters) : run),
    };
  }
}

/**
 * With parameters (`./file.js#limit:5`) an export makes the middleware. Packages export functions that make one, which
 * is told by what they take: a middleware takes `ctx` and `next`.
 */
function makesMiddleware(run: Middleware, word: string, parameters: string[]): boolean {
  return parameters.length > 0 || (!filePattern.test(word) && run.length < 2);
}

function made(factory: unknown, word: string, parameters: string[]): Middleware {
  const middleware = (factory as (...parameters: string[]) => unknown)(...parameters);
  if (typeof middleware !== 'function') throw new TypeError(`"${word}" must make a middleware when it is called`);
  return middleware as Middleware;
}

export interface ImportedCode {
  code: OwnCode;
  mistakes: Mistake[];
  stamps: Stamps;
}

/** Imports every module the entries name; one that has changed since is read afresh. */
export async function importModules(entries: readonly RouteEntry[]): Promise<ImportedCode> {
  const functions = new Map<string, Middleware>();
  const mistakes: Mistake[] = [];
  const stamps = new Map<string, string>();
  const importOnce = once(importFresh);
  for (const entry of entries) {
    for (const { word, pointer } of moduleWords(entry)) {
      const path = pathOf(entry.file, word);
      for (const file of path && !stamps.has(path) ? ownFilesOf(path) : []) stamps.set(file, stampOf(file));
      const found = await importFunction(entry.file, word, importOnce);
      if (typeof found === 'function') functions.set(keyOf(entry.file, word), found);
      else mistakes.push({ place: entry.places(pointer), key: entry.keyOf(pointer), message: found });
    }
  }
  return { code: new OwnCode(functions), mistakes, stamps };
}

/** Many routes may name one module. */
function once<T>(load: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const loads = new Map<string, Promise<T>>();
  return (path) => {
    const known = loads.get(path) ?? load(path);
    loads.set(path, known);
    return known;
  };
}

function moduleWords({ handler, middleware }: RouteEntry): { word: string; pointer: string }[] {
  const words = middleware.map(({ name }, index) => ({ word: name, pointer: `middleware/${index}` }));
  return [{ word: handler, pointer: 'handler' }, ...words].filter(
    ({ word }) => filePattern.test(word) || packagePattern.test(word),
  );
}

/** The function, or what is wrong with the module in words. */
async function importFunction(file: string, word: string, load: typeof importFresh): Promise<Middleware | string> {
  const [, short, name] = filePattern.exec(word) ?? packagePattern.exec(word)!;
  const path = pathOf(file, word);
  let exported: Record<string, unknown>;
  try {
    exported = path ? await load(path) : await importPackage(file, short!);
  } catch (error) {
    return `the module "${short}" cannot be loaded: ${await storyOf(error, path)}`;
  }
  const found = exported[name!] ?? (exported['default'] as Record<string, unknown> | undefined)?.[name!];
  if (typeof found === 'function') return found as Middleware;
  if (found !== undefined) return `"${name}" of the module "${short}" is no function`;
  return `the module "${short}" exports no "${name}"${didYouMean(name!, Object.keys(exported))}`;
}

/** Packages are looked for beside the routes file first, as its owner installed them there. */
async function importPackage(file: string, name: string): Promise<Record<string, unknown>> {
  return (await import(besideOrOwn(file, name))) as Record<string, unknown>;
}

function besideOrOwn(file: string, name: string): string {
  try {
    return pathToFileURL(createRequire(file).resolve(name)).href;
  } catch {
    return name;
  }
}

const { cache } = createRequire(import.meta.url);

/** Node keeps a module for ever under its URL: a changed file gets another one, and so does what it imports. */
async function importFresh(path: string): Promise<Record<string, unknown>> {
  const files = ownFilesOf(path);
  for (const file of files) forgetChanged(file);
  if (files.length > 1) refreshImports();
  return (await import(`${pathToFileURL(path).pathname}?version=${versionOf(path)}`)) as Record<string, unknown>;
}

const required = new Map<string, string>();

/** What was loaded by `require` is kept under its path. */
function forgetChanged(file: string): void {
  const version = versionOf(file);
  if (required.get(file) !== version) delete cache[file];
  required.set(file, version);
}

let refreshing = false;

/** Only once a module imports files of its own: the thread that it starts is not for nothing. */
function refreshImports(): void {
  if (refreshing) return;
  register('./own-imports-hook.js', import.meta.url);
  refreshing = true;
}

async function storyOf(error: unknown, path: string | undefined): Promise<string> {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  const line = path && error instanceof SyntaxError ? await lineOfSyntaxError(path) : undefined;
  return `${error.name}: ${error.message.split('\n')[0]}${line ? ` (line ${line})` : ''}`;
}

/** The error itself does not say where; `node --check` does. */
async function lineOfSyntaxError(path: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(process.execPath, ['--check', path], { timeout: 5000 });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr
      ?.split('\n')
      .find((text) => text.includes(path))
      ?.match(/:(\d+)\s*$/)?.[1];
  }
}

function keyOf(file: string, word: string): string {
  return `${dirname(file)}\0${word}`;
}

/** undefined: a package */
function pathOf(file: string, word: string): string | undefined {
  const path = filePattern.exec(word)?.[1];
  return path && resolve(dirname(file), path);
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
