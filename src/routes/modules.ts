import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Middleware } from 'koa';
import type { Mistake } from '../errors.js';
import { didYouMean } from '../lib/suggest.js';
import type { HandlerDefinition, MiddlewareDefinition, RouteEntry } from './contract.js';
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
  for (const entry of entries) {
    for (const { word, pointer } of moduleWords(entry)) {
      const path = pathOf(entry.file, word);
      if (path) stamps.set(path, stampOf(path));
      const found = await importFunction(entry.file, word);
      if (typeof found === 'function') functions.set(keyOf(entry.file, word), found);
      else mistakes.push({ place: entry.places(pointer), key: entry.keyOf(pointer), message: found });
    }
  }
  return { code: new OwnCode(functions), mistakes, stamps };
}

function moduleWords({ handler, middleware }: RouteEntry): { word: string; pointer: string }[] {
  const words = middleware.map(({ name }, index) => ({ word: name, pointer: `middleware/${index}` }));
  return [{ word: handler, pointer: 'handler' }, ...words].filter(
    ({ word }) => filePattern.test(word) || packagePattern.test(word),
  );
}

/** The function, or what is wrong with the module in words. */
async function importFunction(file: string, word: string): Promise<Middleware | string> {
  const [, short, name] = filePattern.exec(word) ?? packagePattern.exec(word)!;
  const path = pathOf(file, word);
  let exported: Record<string, unknown>;
  try {
    exported = path ? await importFresh(path) : await importPackage(file, short!);
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

/** Node keeps a module for ever under its URL: a changed file gets another one. */
async function importFresh(path: string): Promise<Record<string, unknown>> {
  const { mtimeMs, size, ino } = statSync(path);
  delete cache[path];
  return (await import(`${pathToFileURL(path).pathname}?version=${mtimeMs}-${size}-${ino}`)) as Record<string, unknown>;
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
