import { EVENT_ID, getScalarValue, SCALAR_STYLE, type Event, type ScalarEvent } from 'js-yaml';

/** Where each node of a YAML text stands. Offsets; `end` is exclusive. */
export type YamlNode = { start: number; end: number; flow: boolean } & (
  | { kind: 'scalar'; text: string }
  | { kind: 'alias'; target: YamlNode | undefined }
  | { kind: 'sequence'; items: YamlNode[] }
  | { kind: 'mapping'; pairs: YamlPair[] }
);

export interface YamlPair {
  key: YamlNode;
  value: YamlNode;
  merges: boolean;
}

/** What was found while the tree was built, by offset. */
export interface TreeReport {
  duplicates: { key: string; first: YamlNode; second: YamlNode }[];
  /** an alias that stands inside its own anchor */
  circular: YamlNode[];
  /** nodes that aliases would add if each were written out */
  expanded: number;
  /** start of a second document */
  secondDocument?: number;
}

/** Builds the tree of the first document from js-yaml's events. */
export function buildTree(
  source: string,
  events: readonly Event[],
): { root: YamlNode | undefined; report: TreeReport } {
  const report: TreeReport = { duplicates: [], circular: [], expanded: 0 };
  const anchors = new Map<string, { node: YamlNode; weight: number; open: boolean }>();
  let at = 0;
  let weight = 0;

  function node(): YamlNode {
    const event = events[at++]!;
    weight++;
    if (event.type === EVENT_ID.SCALAR) return anchored(event, scalar(source, event, lastEnd), () => {});
    if (event.type === EVENT_ID.ALIAS) return alias(event.anchorStart, event.anchorEnd);
    if (event.type === EVENT_ID.SEQUENCE) {
      const result: YamlNode = {
        kind: 'sequence',
        items: [],
        start: event.start,
        end: event.start,
        flow: isFlow(event),
      };
      return anchored(event, result, () => readItems(result.items));
    }
    if (event.type !== EVENT_ID.MAPPING) throw new Error(`unexpected event ${event.type}`);
    const result: YamlNode = { kind: 'mapping', pairs: [], start: event.start, end: event.start, flow: isFlow(event) };
    return anchored(event, result, () => readPairs(result.pairs));
  }

  let lastEnd = 0;
  function anchored(event: { anchorStart: number; anchorEnd: number }, result: YamlNode, fill: () => void): YamlNode {
    const before = weight;
    const anchor = { node: result, weight: 1, open: true };
    if (event.anchorStart >= 0) anchors.set(source.slice(event.anchorStart, event.anchorEnd), anchor);
    lastEnd = Math.max(lastEnd, result.end);
    fill();
    if (result.kind !== 'scalar') result.end = result.flow ? closingBracket(source, lastEnd) : lastEnd;
    lastEnd = Math.max(lastEnd, result.end);
    anchor.weight = weight - before + 1;
    anchor.open = false;
    return result;
  }

  function alias(start: number, end: number): YamlNode {
    const anchor = anchors.get(source.slice(start, end));
    const result: YamlNode = { kind: 'alias', target: anchor?.node, start: start - 1, end, flow: true };
    if (anchor?.open) report.circular.push(result);
    // what an alias brings counts as often as it is used, aliases inside it included
    weight += anchor?.weight ?? 0;
    report.expanded += anchor?.weight ?? 0;
    lastEnd = end;
    return result;
  }

  function readItems(items: YamlNode[]): void {
    while (events[at]!.type !== EVENT_ID.POP) items.push(node());
    at++;
  }

  function readPairs(pairs: YamlPair[]): void {
    const seen = new Map<string, YamlNode>();
    while (events[at]!.type !== EVENT_ID.POP) {
      const key = node();
      const value = node();
      const text = key.kind === 'scalar' ? key.text : '';
      const merges = key.kind === 'scalar' && text === '<<' && key.end - key.start === 2;
      const first = seen.get(text);
      if (key.kind === 'scalar' && !merges && first) report.duplicates.push({ key: text, first, second: key });
      else if (!merges) seen.set(text, key);
      pairs.push({ key, value, merges });
    }
    at++;
  }

  if (events[at]?.type !== EVENT_ID.DOCUMENT) return { root: undefined, report };
  at++;
  const root = events[at]?.type === EVENT_ID.POP ? undefined : node();
  at++;
  if (events[at]?.type === EVENT_ID.DOCUMENT) report.secondDocument = source.indexOf('\n---', lastEnd) + 1;
  return { root, report };
}

/** The node a path of keys and indexes leads to (through aliases and merges), with its key; the deepest there is. */
export function findNode(
  root: YamlNode,
  parts: readonly string[],
): { node: YamlNode; key?: YamlNode; complete: boolean } {
  let node = root;
  let key: YamlNode | undefined;
  for (const part of parts) {
    const step = childOf(node, part);
    if (!step) return { node, key, complete: false };
    [node, key] = [step.value, step.key];
  }
  return { node, key, complete: true };
}

function childOf(node: YamlNode, part: string): { value: YamlNode; key?: YamlNode } | undefined {
  const real = dereference(node);
  if (real.kind === 'sequence') return real.items[Number(part)] && { value: real.items[Number(part)]! };
  if (real.kind !== 'mapping') return undefined;
  const own = real.pairs.find((pair) => !pair.merges && pair.key.kind === 'scalar' && pair.key.text === part);
  if (own) return own;
  return firstOf(real.pairs.filter((pair) => pair.merges).flatMap(mergedNodes), (merged) => childOf(merged, part));
}

function mergedNodes(pair: YamlPair): YamlNode[] {
  const real = dereference(pair.value);
  return real.kind === 'sequence' ? real.items : [real];
}

function dereference(node: YamlNode): YamlNode {
  return node.kind === 'alias' && node.target ? dereference(node.target) : node;
}

function firstOf<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** js-yaml's offsets leave out the quotes; people see them. A block scalar begins at its `|` or `>`. */
function scalar(source: string, event: ScalarEvent, lastEnd: number): YamlNode {
  const { style, valueStart, valueEnd } = event;
  if (valueStart < 0) return { kind: 'scalar', text: '', start: lastEnd, end: lastEnd, flow: true };
  const text = getScalarValue(source, event);
  const quoted = style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
  if (quoted) return { kind: 'scalar', text, start: valueStart - 1, end: valueEnd + 1, flow: true };
  if (style === SCALAR_STYLE.PLAIN) return { kind: 'scalar', text, start: valueStart, end: valueEnd, flow: true };
  const header = blockHeader(source, valueStart, lastEnd);
  return { kind: 'scalar', text, start: header, end: Math.max(valueEnd, header + 1), flow: true };
}

function blockHeader(source: string, valueStart: number, from: number): number {
  const found = source.slice(from, valueStart).search(/[|>][-+0-9]*[ \t]*(#.*)?\r?\n?$/);
  return found < 0 ? valueStart : from + found;
}

function isFlow(event: { style: number }): boolean {
  return event.style === 2;
}

/** Only blanks, commas, line ends and comments stand between the last entry and the bracket. */
function closingBracket(source: string, from: number): number {
  const match = /(?:[\s,[{:]|#.*)*[\]}]/y;
  match.lastIndex = from;
  return match.test(source) ? match.lastIndex : from;
}
