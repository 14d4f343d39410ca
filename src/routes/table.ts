import { Router } from '@koa/router';
import type { BoundRoute, Match, RouteEntry, RouteTable } from './contract.js';
import { compileHost, compilePattern, hiddenSlash, indexShape, type Pattern } from './pattern.js';

/**
 * The routes as an index. @koa/router walks its list for every request (10,000 routes: milliseconds); here each path is
 * looked up by its segments, and only the few layers that can match at all are asked, in file order. A request for a
 * path without parameters costs one look in a Map.
 */
export function createTable(routes: readonly BoundRoute[]): RouteTable {
  const steps = createTableInSteps(routes);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same in steps, for a server that goes on answering meanwhile. */
export function* createTableInSteps(routes: readonly BoundRoute[]): Generator<undefined, RouteTable> {
  const router = new Router({ sensitive: true, strict: true });
  const exact = new Index();
  const folded = new Index();
  let order = 0;
  for (const route of routes) {
    if (route.entry.enabled) addRoute(route, order, { router, exact, folded });
    if (++order % 100 === 0) yield;
  }
  const table = new Table(routes, exact, folded);
  for (const path of exact.staticPaths()) {
    table.remember(path);
    if (++order % 200 === 0) yield;
  }
  return table;
}

/** A path longer than this matches no route with parameters: what a regex may cost is bounded by it (lib/regex-safety.ts). */
export const longestPath = 4096;

/** One route as the index knows it. */
interface Layer {
  order: number;
  route: BoundRoute;
  regex: RegExp;
  pattern: Pattern;
  hosts: Pattern[];
  methods: ReadonlySet<string>;
  /** GET's HEAD and everything else that is answered, for `Allow` */
  allow: readonly string[];
  anyMethod: boolean;
  /** values of parameters that are not in the request */
  fill: Record<string, string>;
  strict: boolean;
}

/** May be worked out when first asked for. */
interface Where {
  host: string;
  scheme: string;
}

interface Parts {
  router: Router;
  exact: Index;
  folded: Index;
}

function addRoute(route: BoundRoute, order: number, { router, exact, folded }: Parts): void {
  const { entry, dialect, handler } = route;
  const { sensitive, strict } = dialect.matching;
  const tolerant = strict ? entry : { ...entry, path: withoutEndSlash(entry.path) };
  const pattern = compilePattern(tolerant, sensitive);
  const methods = answeredMethods(entry, handler.changesState);
  const options = { name: entry.name, pathAsRegExp: true };
  const { regexp } = router.register(pattern.regex, [...methods], (ctx, next) => route.run(ctx, next), options);
  const layer: Layer = {
    order,
    route,
    regex: regexp as RegExp,
    pattern,
    hosts: entry.hosts.map((host) => compileHost(host, entry.requirements)),
    methods: new Set(methods),
    allow: [...methods, 'OPTIONS'],
    anyMethod: entry.methods.length === 0,
    fill: defaultsAsText(entry, pattern),
    strict,
  };
  (sensitive && strict ? exact : folded).add(layer, indexShape(tolerant), !sensitive);
}

const everyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** HEAD comes with GET, except where looking would change something (contract ext-login, section 2). */
function answeredMethods({ methods }: RouteEntry, changesState: boolean): string[] {
  const written = methods.length === 0 ? everyMethod : methods;
  const withoutHead = changesState ? written.filter((method) => method !== 'HEAD') : written;
  const addHead = !changesState && written.includes('GET') && !written.includes('HEAD');
  return addHead ? withoutHead.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])) : [...withoutHead];
}

function defaultsAsText({ defaults }: RouteEntry, { names }: Pattern): Record<string, string> {
  const filled = names.flatMap((name) => {
    const value = defaults[name];
    return value === undefined || value === null ? [] : [[name, String(value)] as const];
  });
  return Object.fromEntries(filled);
}

class Node {
  readonly children = new Map<string, Node>();
  /** a parameter fills the segment */
  any: Node | undefined;
  /** routes whose path ends here */
  readonly here: Layer[] = [];
  /** routes of which only the beginning is known to the index */
  readonly below: Layer[] = [];
}

/** A tree of path segments. */
class Index {
  readonly root = new Node();
  readonly #static = new Set<string>();
  isEmpty = true;

  add(layer: Layer, { segments, complete }: ReturnType<typeof indexShape>, folds: boolean): void {
    this.isEmpty = false;
    let node = this.root;
    for (const segment of segments)
      node = segment === undefined ? (node.any ??= new Node()) : childOf(node, folds ? segment.toLowerCase() : segment);
    (complete ? node.here : node.below).push(layer);
    const { path } = layer.route.entry;
    if (layer.pattern.names.length === 0 && !path.includes('%')) this.#static.add(path);
  }

  /** Every layer that may match, in no order. */
  collect(segments: readonly string[], into: Layer[]): void {
    this.#walk(this.root, segments, 0, into);
  }

  *staticPaths(): Generator<string> {
    yield* this.#static;
  }

  #walk(node: Node, segments: readonly string[], at: number, into: Layer[]): void {
    for (const layer of node.below) into.push(layer);
    if (at === segments.length) {
      for (const layer of node.here) into.push(layer);
      return;
    }
    const child = node.children.get(segments[at]!);
    if (child) this.#walk(child, segments, at + 1, into);
    if (node.any) this.#walk(node.any, segments, at + 1, into);
  }
}

function childOf(node: Node, segment: string): Node {
  const known = node.children.get(segment);
  if (known) return known;
  const child = new Node();
  node.children.set(segment, child);
  return child;
}

/** One layer that fits a path, with what the path gave. */
interface Hit {
  layer: Layer;
  params: Record<string, string>;
}

class Table implements RouteTable {
  /** every layer that fits a path without parameters, in file order */
  readonly #known = new Map<string, readonly Hit[]>();

  constructor(
    readonly routes: readonly BoundRoute[],
    private readonly exact: Index,
    private readonly folded: Index,
  ) {}

  remember(path: string): void {
    const hits = this.#find(path);
    if (hits) this.#known.set(path, hits);
  }

  match(method: string, path: string, where: Where): Match {
    const hits = this.#known.get(path) ?? this.#find(path);
    return hits ? choose(hits, method, where) : { kind: 'malformed' };
  }

  /** undefined: the path holds an escape that means nothing, or a NUL. */
  #find(path: string): readonly Hit[] | undefined {
    if (path.includes('\0')) return undefined;
    if (path.includes('%')) return this.#findDecoded(path);
    return this.#fitting(path, path.split('/'));
  }

  #findDecoded(path: string): readonly Hit[] | undefined {
    let decoded: string;
    try {
      decoded = path.split('/').map(decodeSegment).join('/');
    } catch {
      return undefined;
    }
    return decoded.includes('\0') ? undefined : this.#fitting(decoded, decoded.split('/'));
  }

  #fitting(path: string, segments: string[]): readonly Hit[] {
    if (segments[0] !== '') return [];
    segments.shift();
    const candidates: Layer[] = [];
    this.exact.collect(segments, candidates);
    if (!this.folded.isEmpty) this.#collectFolded(segments, candidates);
    if (candidates.length > 1) candidates.sort((a, b) => a.order - b.order);
    const hits: Hit[] = [];
    for (const layer of candidates) {
      const params = paramsOf(layer, path);
      if (params) hits.push({ layer, params });
    }
    return hits;
  }

  /** Case and one slash at the end do not count; the expressions of the layers decide which of the two they ignore. */
  #collectFolded(segments: string[], candidates: Layer[]): void {
    const lower = segments.map((segment) => segment.toLowerCase());
    if (lower.length > 1 && lower.at(-1) === '') lower.pop();
    this.folded.collect(lower, candidates);
  }
}

function decodeSegment(segment: string): string {
  return segment.includes('%') ? decodeURIComponent(segment).replaceAll('/', hiddenSlash) : segment;
}

function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function paramsOf(
  { regex, pattern: { names, groups }, strict }: Layer,
  path: string,
): Record<string, string> | undefined {
  if (path.length > longestPath && names.length > 0) return undefined;
  const found = regex.exec(strict ? path : withoutEndSlash(path));
  return found ? readGroups(found, names, groups) : undefined;
}

const none: Record<string, string> = {};

function readGroups(
  found: RegExpExecArray,
  names: readonly string[],
  groups: readonly number[],
): Record<string, string> {
  if (names.length === 0) return none;
  const params: Record<string, string> = {};
  for (let index = 0; index < names.length; index++) {
    const value = found[groups[index]!];
    if (value !== undefined)
      params[names[index]!] = value.includes(hiddenSlash) ? value.replaceAll(hiddenSlash, '/') : value;
  }
  return params;
}

/** The first in file order that takes the method; else the first that fits, with what may be done there. */
function choose(hits: readonly Hit[], method: string, where: Where): Match {
  let denied: Layer[] | undefined;
  for (const { layer, params } of hits) {
    const outer = layer.hosts.length === 0 ? none : hostParams(layer, where.host);
    if (!outer || !schemeFits(layer, where)) continue;
    if (takes(layer, method))
      return { kind: 'found', route: layer.route, params: { ...layer.fill, ...outer, ...params } };
    (denied ??= []).push(layer);
  }
  if (!denied) return { kind: 'none' };
  const allow = [...new Set(denied.flatMap((layer) => layer.allow))];
  return {
    kind: 'wrong-method',
    route: denied[0]!.route,
    allow: [...allow.filter((name) => name !== 'OPTIONS'), 'OPTIONS'],
  };
}

function takes({ methods, anyMethod, allow }: Layer, method: string): boolean {
  return methods.has(method) || (anyMethod && method !== 'OPTIONS' && (method !== 'HEAD' || allow.includes('HEAD')));
}

function schemeFits({ route: { entry } }: Layer, where: Where): boolean {
  return entry.schemes.length === 0 || entry.schemes.includes(where.scheme);
}

/** The port is not part of a host's name. */
function hostParams({ hosts }: Layer, host: string): Record<string, string> | undefined {
  const name = host.replace(/:\d+$/, '');
  for (const { regex, names, groups } of hosts) {
    const found = regex.exec(name);
    if (found) return readGroups(found, names, groups);
  }
  return undefined;
}
