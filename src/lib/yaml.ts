import { constructFromEvents, CORE_SCHEMA, mergeTag, parseEvents, YAMLException, type Event } from 'js-yaml';
import { Misconfiguration, type Mistake, type Place } from '../errors.js';
import { pointerParts } from './pointer.js';
import { decodeSource, placeAt, readSource, wrong } from './source.js';
import { buildTree, findNode, type TreeReport, type YamlNode } from './yaml-tree.js';

/** A YAML text as a value, with the place of each of its parts for messages. */
export interface YamlDocument {
  value: unknown;
  /** the keys of a top-level mapping in file order (objects sort keys like `404` to the front) */
  keys: string[];
  /** pointer as ajv's `instancePath`; what does not exist is placed at the nearest thing around it */
  place(pointer: string, what?: 'key' | 'value'): Place;
}

/** YAML 1.2: `yes` and `on` are strings; `<<` merges, because people share parts of their routes with it. */
const schema = CORE_SCHEMA.withTags(mergeTag);

/** A file whose aliases grow beyond this when written out is a bomb, not a configuration. */
const maxAliases = 1000;
const maxExpandedNodes = 100_000;
const maxDepth = 50;

/** @throws Misconfiguration with every mistake found */
export function readYaml(path: string, file = path): YamlDocument {
  return parseYaml(readSource(path, file), file);
}

/** @throws Misconfiguration with every mistake found */
export function parseYaml(source: string | Uint8Array, file: string): YamlDocument {
  const steps = parseYamlInSteps(source, file);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same in pieces of a few milliseconds, so that reading a large file again does not hold up requests: whoever runs
 * it may let others work between two steps.
 */
export function* parseYamlInSteps(source: string | Uint8Array, file: string): Generator<undefined, YamlDocument> {
  const text = typeof source === 'string' ? source : decodeSource(source, file);
  const pieces: Piece[] = [];
  for (const [start, end] of cutAtEntries(text)) {
    pieces.push(readPiece(text, start, end, file));
    yield;
  }
  const mistakes = [...pieces.flatMap((piece) => piece.mistakes), ...duplicatesAcross(pieces, text, file)];
  if (mistakes.length > 0) throw new Misconfiguration(mistakes);
  return joinPieces(pieces, text, file);
}

interface Piece {
  start: number;
  end: number;
  value: unknown;
  keys: string[];
  keyOffsets: number[];
  mistakes: Mistake[];
}

const pieceSize = 8 * 1024;
const largeFile = 48 * 1024;

/**
 * Cuts a large file where an entry of the outermost mapping begins: a line that starts in the first column with a
 * letter, digit or quote. Anchors reach over the whole file, so a file with anchors stays in one piece.
 */
function* cutAtEntries(text: string): Generator<[number, number]> {
  let start = 0;
  if (text.length > largeFile && !/^(?:---|\.\.\.|%|[^\w\s"'#-])|(?:^|[\s[{,])[&*?][^\s]/m.test(text)) {
    const entry = /^[\w"'](?=.*:(?:\s|$))/gm;
    for (;;) {
      entry.lastIndex = start + pieceSize;
      const next = entry.exec(text);
      if (!next || text.length - next.index < pieceSize) break;
      yield [start, next.index];
      start = next.index;
    }
  }
  yield [start, text.length];
}

function readPiece(text: string, start: number, end: number, file: string): Piece {
  const source = text.slice(start, end);
  try {
    const events = parseEvents(source, { filename: file, maxDepth });
    const { root, report } = buildTree(source, events);
    const mistakes = mistakesOf(report, text, start, file);
    const keys = topKeys(root);
    const keyOffsets = keys.map((key) => start + key.start);
    const value = mistakes.length > 0 ? undefined : construct(events, source, file, start === 0);
    return { start, end, value, keys: keys.map(textOf), keyOffsets, mistakes };
  } catch (error) {
    if (!(error instanceof YAMLException) || !error.mark) throw error;
    throw wrong(placeAt(text, file, start + error.mark.position), readable(error.reason));
  }
}

function construct(events: Event[], source: string, file: string, first: boolean): unknown {
  const documents = constructFromEvents(events, { source, filename: file, schema, maxAliases });
  const value = documents[0];
  if (first && (documents.length === 0 || value === undefined || value === null)) {
    throw wrong({ file, line: 1, column: 1 }, 'the file is empty');
  }
  return value;
}

function mistakesOf(report: TreeReport, text: string, offset: number, file: string): Mistake[] {
  const at = (node: YamlNode): Place => placeAt(text, file, offset + node.start, offset + node.end);
  const mistakes = report.duplicates.map(({ key, first, second }) => twice(key, at(first), at(second)));
  for (const node of report.circular)
    mistakes.push({ place: at(node), message: 'this alias stands inside its own anchor' });
  if (report.expanded > maxExpandedNodes) {
    const message = `aliases would grow this file to more than ${maxExpandedNodes} values; write them out`;
    mistakes.push({ place: { file, line: 1, column: 1 }, message });
  }
  if (report.secondDocument !== undefined) {
    const message = 'a second document begins here; one file is one document';
    mistakes.push({
      place: placeAt(text, file, offset + report.secondDocument, offset + report.secondDocument + 3),
      message,
    });
  }
  return mistakes;
}

function twice(key: string, first: Place, second: Place): Mistake {
  const message = `"${key}" stands here a second time, the first is at ${first.file}:${first.line}:${first.column}`;
  return { place: second, message };
}

function duplicatesAcross(pieces: Piece[], text: string, file: string): Mistake[] {
  const seen = new Map<string, number>();
  const mistakes: Mistake[] = [];
  for (const piece of pieces) {
    // inside a piece they were found already
    const before = new Map(piece.keys.map((key) => [key, seen.get(key)]));
    piece.keys.forEach((key, index) => {
      const offset = piece.keyOffsets[index]!;
      const first = before.get(key);
      const at = (start: number): Place => placeAt(text, file, start, start + key.length);
      if (first !== undefined) mistakes.push(twice(key, at(first), at(offset)));
      else seen.set(key, offset);
    });
  }
  return mistakes;
}

function joinPieces(pieces: Piece[], text: string, file: string): YamlDocument {
  const keys = pieces.flatMap((piece) => piece.keys);
  const value = pieces.length === 1 ? pieces[0]!.value : Object.assign({}, ...pieces.map((piece) => piece.value));
  const spans = pieces.map(({ start, end }) => ({ start, end }));
  const spanOf = new Map(
    pieces.length === 1 ? [] : pieces.flatMap((piece, i) => piece.keys.map((key) => [key, spans[i]!])),
  );
  let last: { span: (typeof spans)[number]; root: YamlNode } | undefined;
  // the tree is built again when somebody asks for a place: a file without mistakes never needs one
  const place = (pointer: string, what: 'key' | 'value' = 'value'): Place => {
    const parts = pointerParts(pointer);
    const span = spanOf.get(parts[0] ?? '') ?? spans[0]!;
    if (last?.span !== span) last = { span, root: rootOf(text.slice(span.start, span.end), file) };
    return placeIn(last.root, parts, what, (start, end) => placeAt(text, file, span.start + start, span.start + end));
  };
  return { value, keys, place };
}

function rootOf(source: string, file: string): YamlNode {
  return buildTree(source, parseEvents(source, { filename: file, maxDepth })).root!;
}

/** A value that fills lines of its own is shown by its key, and so is a value that is missing. */
function placeIn(
  root: YamlNode,
  parts: string[],
  what: 'key' | 'value',
  at: (start: number, end: number) => Place,
): Place {
  const { node, key, complete } = findNode(root, parts);
  const block = !node.flow || node.start === node.end;
  const shown = key && (what === 'key' || !complete || block) ? key : node;
  return at(shown.start, shown === node && block ? firstToken(node).end : shown.end);
}

function firstToken(node: YamlNode): YamlNode {
  if (node.kind === 'mapping' && node.pairs[0]) return firstToken(node.pairs[0].key);
  if (node.kind === 'sequence' && node.items[0]) return { ...node, end: node.start + 1 };
  return node;
}

function topKeys(root: YamlNode | undefined): YamlNode[] {
  return root?.kind === 'mapping' ? root.pairs.filter((pair) => !pair.merges).map((pair) => pair.key) : [];
}

function textOf(node: YamlNode): string {
  return node.kind === 'scalar' ? node.text : '';
}

/** js-yaml's own words, where they speak of its options or in its jargon. */
const words: [RegExp, string][] = [
  [/^aliases exceeded maxAliases \((\d+)\)/, 'more than $1 aliases; write the parts out'],
  [/^nesting exceeded maxDepth \((\d+)\)/, 'nested deeper than $1 levels'],
  [/^merge keys exceeded maxTotalMergeKeys \((\d+)\)/, 'merges (<<) bring in more than $1 keys; write them out'],
  [/^unidentified alias "(.*)"/, 'there is no anchor "&$1" above this alias'],
  [/^missed comma between flow collection entries/, 'a comma is missing between two entries'],
  [/^deficient indentation/, 'a bracket or a quote above is not closed, or this line is indented too little'],
  [/^unexpected end of the stream within a flow collection/, 'a bracket above is never closed'],
  [/^unexpected end of the stream within a (single|double) quoted scalar/, 'a quote above is never closed'],
  [/^bad indentation of a mapping entry/, 'this line is indented differently than its neighbours'],
  [/^bad indentation of a sequence entry/, 'this line is indented differently than its neighbours'],
  [/^duplicated mapping key/, 'this key stands here a second time'],
  [/^tab characters must not be used in indentation/, 'YAML is indented with blanks, here is a tab'],
  [/^object-based map does not support complex keys/, 'a list or a mapping cannot be a key'],
  [/^the stream contains non-printable characters/, 'a control character that YAML forbids'],
  [/^null byte is not allowed in input/, 'a NUL byte'],
  [/^unknown (?:scalar|sequence|mapping) tag !<(.*)>/, 'unknown tag "$1"'],
];

function readable(reason: string): string {
  const known = words.find(([pattern]) => pattern.test(reason));
  return known ? reason.replace(...known) : reason;
}
