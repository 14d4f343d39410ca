import { Router } from '@koa/router';
import type { BoundRoute, Match, RouteTable } from './contract.js';
import { Layer, withoutEndSlash, type Params, type Where } from './layer.js';
import { hiddenSlash } from './pattern.js';

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
  const table = new Table(routes);
  for (const [order, route] of routes.entries()) {
    if (route.entry.enabled) table.add(new Layer(route, order, router));
    if (order % 50 === 0) yield;
  }
  let count = 0;
  for (const path of table.staticPaths) {
    table.remember(path);
    if (++count % 200 === 0) yield;
  }
  return table;
}

/** Most nodes are leaves of one route: what they do not have costs nothing. */
class Node {
  children: Map<string, Node> | undefined;
  /** a parameter fills the segment */
  any: Node | undefined;
  /** routes whose path ends here */
  here: Layer[] | undefined;
  /** routes of which only the beginning is known to the index */
  below: Layer[] | undefined;
}

class Table implements RouteTable {
  /** paths without parameters, as somebody would send them */
  readonly staticPaths = new Set<string>();
  /** every layer that fits such a path, in file order */
  readonly #known = new Map<string, Layer[]>();
  readonly #exact = new Node();
  /** where case and a slash at the end do not count */
  #folded: Node | undefined;

  constructor(readonly routes: readonly BoundRoute[]) {}

  add(layer: Layer): void {
    const { path } = layer.route.entry;
    plant(layer.folds ? (this.#folded ??= new Node()) : this.#exact, layer);
    if (layer.isStatic && !layer.folds && !path.includes('%')) this.staticPaths.add(path);
  }

  remember(path: string): void {
    this.#known.set(path, this.#candidates(path.split('/')));
  }

  match(method: string, path: string, where: Where): Match {
    const known = this.#known.get(path);
    if (known) return choose(known, method, path, [], where);
    if (path.includes('\0')) return malformed;
    const readable = path.includes('%') ? decoded(path) : path;
    if (readable === undefined) return malformed;
    const segments = readable.split('/');
    return segments[0] === '' ? choose(this.#candidates(segments), method, readable, segments, where) : nothing;
  }

  /** Every layer that may be meant, in file order. */
  #candidates(segments: readonly string[]): Layer[] {
    const candidates: Layer[] = [];
    collect(this.#exact, segments, 1, candidates);
    if (this.#folded) collect(this.#folded, foldedSegments(segments), 1, candidates);
    return candidates.length > 1 ? candidates.sort((a, b) => a.order - b.order) : candidates;
  }
}

const nothing: Match = { kind: 'none' };
/** The path holds an escape that means nothing, or a NUL. */
const malformed: Match = { kind: 'malformed' };

function plant(root: Node, layer: Layer): void {
  const { segments, end } = layer.shape;
  let node = root;
  for (const segment of segments) {
    if (typeof segment !== 'string') node = node.any ??= new Node();
    else node = childOf(node, layer.folds ? segment.toLowerCase() : segment);
  }
  if (end === 'whole') (node.here ??= []).push(layer);
  else (node.below ??= []).push(layer);
}

function childOf(node: Node, segment: string): Node {
  node.children ??= new Map();
  const known = node.children.get(segment);
  if (known) return known;
  const child = new Node();
  node.children.set(segment, child);
  return child;
}

function collect(start: Node, segments: readonly string[], from: number, into: Layer[]): void {
  let node = start;
  for (let at = from; ; at++) {
    if (node.below) for (const layer of node.below) into.push(layer);
    if (at >= segments.length) {
      if (node.here) for (const layer of node.here) into.push(layer);
      return;
    }
    const child = node.children?.get(segments[at]!);
    if (child && node.any) collect(node.any, segments, at + 1, into);
    const next = child ?? node.any;
    if (!next) return;
    node = next;
  }
}

function foldedSegments(segments: readonly string[]): string[] {
  const lower = segments.map((segment) => segment.toLowerCase());
  if (lower.length > 2 && lower.at(-1) === '') lower.pop();
  return lower;
}

/** An escaped slash becomes a sign of its own, so that it parts no segments. */
function decoded(path: string): string | undefined {
  try {
    const readable = path.split('/').map(decodeSegment).join('/');
    return readable.includes('\0') ? undefined : readable;
  } catch {
    return undefined;
  }
}

function decodeSegment(segment: string): string {
  return segment.includes('%') ? decodeURIComponent(segment).replaceAll('/', hiddenSlash) : segment;
}

/** The first in file order that takes the method; else the first that fits, with what may be done there. */
function choose(
  layers: readonly Layer[],
  method: string,
  path: string,
  segments: readonly string[],
  where: Where,
): Match {
  let denied: Layer[] | undefined;
  for (const layer of layers) {
    const params = readLayer(layer, path, segments, where);
    if (!params) continue;
    if (layer.takes(method)) return { kind: 'found', route: layer.route, params };
    (denied ??= []).push(layer);
  }
  return denied ? wrongMethod(denied) : nothing;
}

function readLayer(layer: Layer, path: string, segments: readonly string[], where: Where): Params | undefined {
  const own = layer.folds ? withoutEndSlash(path) : path;
  const split = layer.isStatic || (segments.length > 0 && own === path) ? segments : own.split('/');
  return layer.read(own, split, where);
}

function wrongMethod(layers: Layer[]): Match {
  const allow = new Set(layers.flatMap((layer) => layer.allow));
  allow.delete('OPTIONS');
  return { kind: 'wrong-method', route: layers[0]!.route, allow: [...allow, 'OPTIONS'] };
}
