import type { Dialect } from '../dialects/dialect.js';
import type { RouteEntry } from './contract.js';
import { indexShape, type IndexShape } from './pattern.js';

/**
 * Which of the routes before takes every request that would be this one's. Paths are compared by their segments: an
 * earlier one covers a later one where each of its segments takes whatever the later one's takes.
 */
export class Shadows {
  readonly #root = new Node();

  /** The earlier entry that answers some method of this one first, with those methods; then the entry counts too. */
  add(entry: RouteEntry, dialect: Dialect): { by: RouteEntry; methods: string[] } | undefined {
    if (!entry.enabled) return undefined;
    const { sensitive, strict } = dialect.matching;
    const shape = foldedShape(indexShape(entry, sensitive), sensitive, strict);
    const before: Planted[] = [];
    gather(this.#root, shape.segments, 0, before);
    const shadow = before.find((earlier) => covers(earlier, entry, shape));
    plant(this.#root, { entry, shape });
    return shadow && { by: shadow.entry, methods: commonMethods(shadow.entry, entry) };
  }
}

interface Planted {
  entry: RouteEntry;
  shape: IndexShape;
}

class Node {
  readonly children = new Map<string, Node>();
  any: Node | undefined;
  readonly here: Planted[] = [];
}

function foldedShape(shape: IndexShape, sensitive: boolean, strict: boolean): IndexShape {
  if (sensitive && strict) return shape;
  const segments = shape.segments.map((segment) => (typeof segment === 'string' ? segment.toLowerCase() : segment));
  return { ...shape, segments: segments.length > 1 && segments.at(-1) === '' ? segments.slice(0, -1) : segments };
}

function plant(root: Node, planted: Planted): void {
  let node = root;
  for (const segment of planted.shape.segments) {
    if (typeof segment !== 'string') node = node.any ??= new Node();
    else {
      const child = node.children.get(segment) ?? new Node();
      node.children.set(segment, child);
      node = child;
    }
  }
  node.here.push(planted);
}

/** Everything planted along the way: the same segments, or parameters where this path has something. */
function gather(node: Node, segments: IndexShape['segments'], at: number, into: Planted[]): void {
  into.push(...node.here);
  const segment = segments[at];
  if (segment === undefined) return;
  const child = typeof segment === 'string' ? node.children.get(segment) : undefined;
  if (child) gather(child, segments, at + 1, into);
  if (node.any) gather(node.any, segments, at + 1, into);
}

function covers(earlier: Planted, entry: RouteEntry, shape: IndexShape): boolean {
  return (
    coversPlace(earlier.entry, entry) &&
    coversPath(earlier, entry, shape) &&
    commonMethods(earlier.entry, entry).length > 0
  );
}

function coversPath({ entry: by, shape: earlier }: Planted, entry: RouteEntry, later: IndexShape): boolean {
  const fit = earlier.segments.every((segment, at) => coversSegment(segment, later.segments[at]));
  if (!fit) return false;
  if (earlier.end === 'open') return by.path === entry.path && sameWords(by, entry);
  if (earlier.end === 'tail')
    return takesAll(earlier.tail!.test) && later.segments.length + (later.tail ? 1 : 0) > earlier.segments.length;
  return later.end === 'whole' && later.segments.length === earlier.segments.length;
}

type Segment = IndexShape['segments'][number] | undefined;

function coversSegment(earlier: Segment, later: Segment): boolean {
  if (earlier === undefined || later === undefined) return false;
  if (typeof earlier === 'string') return earlier === later;
  if (typeof later === 'string') return earlier.test ? earlier.test.test(later) : later !== '';
  return !earlier.test || earlier.test.source === later.test?.source;
}

function takesAll(test: RegExp | undefined): boolean {
  return test !== undefined && ['^(?:.*)$', '^(?:.+)$'].includes(test.source);
}

function sameWords(a: RouteEntry, b: RouteEntry): boolean {
  return (
    JSON.stringify([a.requirements, Object.keys(a.defaults)]) ===
    JSON.stringify([b.requirements, Object.keys(b.defaults)])
  );
}

/** An earlier route for one host or scheme leaves the others to later ones. */
function coversPlace(earlier: RouteEntry, later: RouteEntry): boolean {
  const hosts = earlier.hosts.length === 0 || later.hosts.every((host) => earlier.hosts.includes(host));
  const schemes = earlier.schemes.length === 0 || later.schemes.every((scheme) => earlier.schemes.includes(scheme));
  const named =
    (earlier.hosts.length === 0 || later.hosts.length > 0) &&
    (earlier.schemes.length === 0 || later.schemes.length > 0);
  return hosts && schemes && named;
}

const everyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function commonMethods(earlier: RouteEntry, later: RouteEntry): string[] {
  const wanted = later.methods.length > 0 ? later.methods : everyMethod;
  return earlier.methods.length > 0 ? wanted.filter((method) => earlier.methods.includes(method)) : wanted;
}
