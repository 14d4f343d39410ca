import type { Router } from '@koa/router';
import type { BoundRoute, RouteEntry } from './contract.js';
import {
  compileHost,
  compilePattern,
  hiddenSlash,
  indexShape,
  type IndexShape,
  type Pattern,
  type Slot,
} from './pattern.js';

/** A path longer than this matches no route with parameters: what a regex may cost is bounded by it (lib/regex-safety.ts). */
export const longestPath = 2048;

export type Params = Record<string, string>;

/** May be worked out when first asked for. */
export interface Where {
  host: string;
  scheme: string;
}

/** One route, ready to be asked whether a request is its own. */
export class Layer {
  readonly shape: IndexShape;
  readonly isStatic: boolean;
  /** case, or a slash at the end, does not count */
  readonly folds: boolean;
  /** everything that is answered, for `Allow` */
  readonly allow: readonly string[];
  readonly #everyMethod: boolean;
  readonly #pattern: Pattern;
  readonly #slots: readonly (Slot & { at: number })[];
  readonly #hosts: readonly Pattern[] | undefined;
  readonly #schemes: readonly string[] | undefined;
  /** values of parameters that are not in the request */
  readonly #fill: Params | undefined;

  constructor(
    readonly route: BoundRoute,
    /** place in the file */
    readonly order: number,
    router: Router,
  ) {
    const { entry, dialect, handler } = route;
    const { sensitive, strict } = dialect.matching;
    const tolerant = strict ? entry : { ...entry, path: withoutEndSlash(entry.path) };
    this.folds = !sensitive || !strict;
    this.shape = indexShape(tolerant, sensitive);
    this.#everyMethod = entry.methods.length === 0;
    this.allow = answeredMethods(entry, handler.changesState);
    this.#pattern = compilePattern(tolerant, sensitive);
    router.register(this.#pattern.regex, [...this.allow], (ctx) => route.run(ctx), {
      name: entry.name,
      pathAsRegExp: true,
    });
    this.isStatic = this.#pattern.names.length === 0;
    this.#slots = this.shape.segments.flatMap((segment, at) =>
      typeof segment === 'string' ? [] : [{ ...segment, at: at + 1 }],
    );
    this.#hosts = entry.hosts.length > 0 ? entry.hosts.map((host) => compileHost(host, entry.requirements)) : undefined;
    this.#schemes = entry.schemes.length > 0 ? entry.schemes : undefined;
    this.#fill = defaultsAsText(entry, this.#pattern);
  }

  takes(method: string): boolean {
    return this.allow.includes(method) || (this.#everyMethod && method !== 'HEAD' && method !== 'OPTIONS');
  }

  /**
   * The parameters of a request that the index led here with; undefined: it is not this route's after all.
   * `segments` is the path split at its slashes.
   */
  read(path: string, segments: readonly string[], where: Where): Params | undefined {
    if (this.#schemes && !this.#schemes.includes(where.scheme)) return undefined;
    const outer = this.#hosts && readHost(this.#hosts, where.host);
    if (this.#hosts && !outer) return undefined;
    const params = this.#readPath(path, segments);
    return params && (this.#fill || outer) ? { ...this.#fill, ...outer, ...params } : params;
  }

  /** Most paths are compared segment by segment; only what is left needs the expression of the whole path. */
  #readPath(path: string, segments: readonly string[]): Params | undefined {
    if (this.isStatic) return {};
    if (path.length > longestPath) return undefined;
    if (this.shape.end === 'open') return readByRegex(path, this.#pattern);
    const params: Params = {};
    for (const slot of this.#slots) if (!fill(params, slot, segments[slot.at]!)) return undefined;
    const { tail, segments: known } = this.shape;
    if (!tail) return params;
    const isThere = segments.length > known.length + 1;
    return isThere && fill(params, tail, segments.slice(known.length + 1).join('/')) ? params : undefined;
  }
}

function fill(params: Params, { name, test }: Slot, raw: string): boolean {
  const value = shown(raw);
  params[name] = value;
  return test ? test.test(value) : value !== '';
}

function shown(value: string): string {
  return value.includes(hiddenSlash) ? value.replaceAll(hiddenSlash, '/') : value;
}

function readByRegex(path: string, { regex, names, groups }: Pattern): Params | undefined {
  const found = regex.exec(path);
  if (!found) return undefined;
  const params: Params = {};
  for (const [index, name] of names.entries()) {
    const value = found[groups[index]!];
    if (value !== undefined) params[name] = shown(value);
  }
  return params;
}

/** The port is not part of a host's name. */
function readHost(hosts: readonly Pattern[], host: string): Params | undefined {
  const name = host.replace(/:\d+$/, '');
  for (const pattern of hosts) {
    const params = readByRegex(name, pattern);
    if (params) return params;
  }
  return undefined;
}

export function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

const everyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** HEAD comes with GET, except where looking would change something (contract ext-login, section 2). */
export function answeredMethods({ methods }: RouteEntry, changesState: boolean): readonly string[] {
  const written = methods.length === 0 ? everyMethod : methods;
  const withoutHead = written.filter((method) => method !== 'HEAD');
  if (changesState) return shared(withoutHead);
  if (!written.includes('GET')) return shared(written);
  return shared(withoutHead.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
}

/** Thousands of routes have one of a few lists. */
const lists = new Map<string, readonly string[]>();

function shared(methods: string[]): readonly string[] {
  const id = methods.join();
  const known = lists.get(id) ?? methods;
  if (lists.size < 1000) lists.set(id, known);
  return known;
}

function defaultsAsText({ defaults }: RouteEntry, { names }: Pattern): Params | undefined {
  const filled = names.flatMap((name) => {
    const value = defaults[name];
    return value === undefined || value === null ? [] : [[name, String(value)] as const];
  });
  return filled.length > 0 ? Object.fromEntries(filled) : undefined;
}
