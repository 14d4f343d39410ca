import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Misconfiguration, Refusal, type Mistake, type Problem } from '../errors.js';
import { differenceOf, type DiffLine } from '../lib/difference.js';
import { inputOf } from './bind.js';
import type { BoundRoute } from './contract.js';
import type { RouteChange } from './edit.js';
import type { LiveRoutes } from './live.js';
import { openRoutes, type OpenOptions } from './open.js';

/** A change as it would be written: to be looked at before. */
export interface Preview {
  difference: DiffLine[];
  /** of the text it is a difference to; writing wants it back */
  version: string;
  /** what the lint says of the file then and did not say before */
  warnings: string[];
}

/** A route in words and values, for people and for scripts. */
export interface RouteSummary {
  name: string;
  path: string;
  methods: string[];
  handler: string;
  /** what the handler does */
  does: string;
  dialect: string;
  middleware: { source: string; checks: string }[];
  enabled: boolean;
  description: string;
  file: string;
  line: number;
  /** JSON Schema of what it takes */
  input: Record<string, unknown> | null;
}

/** The routes as the administration sees them: the table in use, and the file it was made from. */
export interface RouteDesk {
  /** every entry in file order, switched off ones too */
  routes(): RouteSummary[];
  find(name: string): RouteSummary | undefined;
  /** why the file on disk is not what is served */
  trouble(): string | undefined;
  /** why the file cannot be changed from here; undefined: it can */
  readOnly(): 'not-writable' | undefined;
  /** the entry of this name stands in the file as a block of its own */
  isEditable(name: string): Promise<boolean>;
  preview(name: string, change: RouteChange): Promise<Preview>;
  /** @throws Refusal 'changed-meanwhile', 'invalid-input' */
  write(name: string, change: RouteChange, version: string): Promise<void>;
}

/** Loaded by the first who edits: its YAML parser is a large one, because it keeps every comment. */
const editing = () => import('./edit.js');

export function createRouteDesk(file: string, options: OpenOptions, live: LiveRoutes): RouteDesk {
  const path = resolve(file);
  /** one after the other: between reading and writing nobody else of us writes */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };

  async function draft(name: string, change: RouteChange) {
    const { editRoute } = await editing();
    const before = await readFile(path, 'utf8');
    const after = explained(() => editRoute(before, name, change));
    return { before, after, version: versionOf(before) };
  }

  return {
    routes: () => live.table().routes.map((route) => summaryOf(route, options)),
    find(name) {
      const route = live.table().routes.find(({ entry }) => entry.name === name);
      return route && summaryOf(route, options);
    },
    trouble: () => live.state().trouble,
    readOnly: () => (isWritable(path) ? undefined : 'not-writable'),
    isEditable: async (name) => (await editing()).hasEntry(await readFile(path, 'utf8'), name),
    async preview(name, change) {
      const { before, after, version } = await draft(name, change);
      const warnings = before === after ? [] : await newWarnings(path, before, after, options);
      return { difference: differenceOf(before, after), version, warnings };
    },
    write: (name, change, version) =>
      inTurn(async () => {
        const { before, after, version: current } = await draft(name, change);
        if (current !== version) throw new Refusal('changed-meanwhile');
        if (before === after) return;
        await check(path, after, options);
        await replace(path, before, after);
        await live.reload();
      }),
  };
}

function summaryOf({ entry, handler, dialect }: BoundRoute, { vocabulary }: OpenOptions): RouteSummary {
  const { name, path, methods, enabled, description, places } = entry;
  const { file, line } = places('');
  const middleware = entry.middleware.map(({ name, parameters, source }) => ({
    source,
    checks: vocabulary.middleware.get(name)?.explain(parameters) ?? '',
  }));
  return {
    name,
    path,
    methods,
    handler: entry.handler,
    does: handler.description,
    dialect: dialect.name,
    middleware,
    enabled,
    description,
    file,
    line,
    input: inputOf(entry, handler, dialect) ?? null,
  };
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** The new file comes by a rename in the same folder, so both have to be writable. */
function isWritable(path: string): boolean {
  try {
    const real = realpathSync(path);
    accessSync(real, constants.W_OK);
    accessSync(dirname(real), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whole or not at all, with the rights it had; a link stays a link. @throws Refusal('changed-meanwhile') */
async function replace(path: string, before: string, after: string): Promise<void> {
  const real = realpathSync(path);
  const temporary = await writeBeside(real, after);
  if ((await readFile(real, 'utf8')) !== before) {
    await rm(temporary, { force: true });
    throw new Refusal('changed-meanwhile');
  }
  await rename(temporary, real);
}

async function writeBeside(real: string, text: string): Promise<string> {
  const temporary = join(dirname(real), `.${basename(real)}.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', statSync(real).mode & 0o777);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

/** As at a start, beside the real file so that its imports are found. Answers the warnings. */
async function check(path: string, text: string, options: OpenOptions): Promise<string[]> {
  const real = realpathSync(path);
  const temporary = await writeBeside(real, text);
  try {
    const { warnings } = await openRoutes(temporary, options);
    return warnings.map(sentence);
  } catch (error) {
    if (error instanceof Misconfiguration) throw refusalOf(error.mistakes);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function newWarnings(path: string, before: string, after: string, options: OpenOptions): Promise<string[]> {
  const then = await check(path, after, options);
  const now = new Set(await check(path, before, options).catch(() => []));
  return then.filter((warning) => !now.has(warning));
}

function sentence({ key, message }: Mistake): string {
  return key ? `${key}: ${message}` : message;
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Misconfiguration) throw refusalOf(error.mistakes);
    throw error;
  }
}

/** A mistake becomes a refusal by field, in the loader's own words. */
function refusalOf(mistakes: Mistake[]): Refusal {
  const problems = mistakes.map((mistake): Problem => {
    const field = /\.(methods|middleware|enabled)\b/.exec(mistake.key ?? '')?.[1] ?? 'route';
    return { field, code: 'explained', values: { text: sentence(mistake) } };
  });
  return new Refusal('invalid-input', { problems });
}
