import { isDeepStrictEqual } from 'node:util';
import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parse,
  parseDocument,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { Misconfiguration } from '../errors.js';

/** What the routes page can change of an entry; what is left out stays as it is. */
export interface RouteChange {
  enabled?: boolean;
  methods?: string[];
  middleware?: string[];
}

type Block = YAMLMap<Scalar<string>, YAMLSeq<Scalar<string>> | Scalar>;
type Splice = { start: number; end: number; text: string };

/**
 * The text with one entry changed and every other character as it was: comments, order, blank lines, quotes. Only the
 * words that change are written anew, and the result is read again to be sure that nothing else did.
 * @throws Misconfiguration when the entry is written in a way that only people can edit
 */
export function editRoute(text: string, name: string, change: RouteChange): string {
  const entry = entryOf(text, name);
  const splices = [
    ...(change.enabled === undefined ? [] : enabledSplices(text, entry, change.enabled)),
    ...(change.methods ? listSplices(text, entry, 'methods', change.methods) : []),
    ...(change.middleware ? listSplices(text, entry, 'middleware', change.middleware) : []),
  ];
  const changed = splice(text, splices);
  makeSure(text, changed, name);
  return changed;
}

/** Whether an entry of this name stands in the text as a block of its own. */
export function hasEntry(text: string, name: string): boolean {
  return findEntry(text, name) !== undefined;
}

function entryOf(text: string, name: string): Block {
  const entry = findEntry(text, name);
  if (!entry) throw cannot(`"${name}" is written in a way that only people can edit`);
  return entry;
}

function findEntry(text: string, name: string): Block | undefined {
  const { contents, errors } = parseDocument(text, { keepSourceTokens: false });
  if (errors.length > 0 || !isMap(contents)) return undefined;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === name);
  const value = pair?.value;
  const plain = isMap(value) && !value.flow && value.items.length > 0 && value.items.every(({ key }) => isScalar(key));
  return plain ? (value as unknown as Block) : undefined;
}

function cannot(message: string): Misconfiguration {
  return new Misconfiguration([{ message }]);
}

type Entry = Pair<Scalar<string>, YAMLSeq<Scalar<string>> | Scalar>;

function pairOf(entry: Block, key: string): Entry | undefined {
  return entry.items.find((pair) => pair.key.value === key) as Entry | undefined;
}

/** Absent means on: switching on takes the line away, where it holds nothing else. */
function enabledSplices(text: string, entry: Block, enabled: boolean): Splice[] {
  const pair = pairOf(entry, 'enabled');
  if (!pair) return enabled ? [] : [insertion(text, entry, `enabled: false`)];
  const [start, end] = rangeOf(pair.value!);
  const line = lineAround(text, start);
  const alone = text.slice(end, line.end).trim() === '' && entry.items.length > 1;
  if (enabled && alone) return [{ ...line, text: '' }];
  return [{ start, end, text: String(enabled) }];
}

function listSplices(text: string, entry: Block, key: 'methods' | 'middleware', wanted: string[]): Splice[] {
  const pair = pairOf(entry, key);
  if (!pair) return wanted.length === 0 ? [] : [insertion(text, entry, `${key}: ${inline(key, wanted)}`)];
  const value = pair.value!;
  if (isDeepStrictEqual(wordsOf(value), wanted)) return [];
  if (wanted.length === 0)
    return [{ start: lineAround(text, rangeOf(pair.key)[0]).start, end: lastLine(text, value), text: '' }];
  const isBlock = isSeq(value) && !value.flow && value.items.every((item) => isScalar(item));
  if (isBlock) return blockSplices(text, value.items as Scalar<string>[], wanted);
  const [start, end] = rangeOf(value);
  return [{ start, end, text: inline(key, wanted) }];
}

/** Words that stay keep their line with its comment; between them lines go and come. */
function blockSplices(text: string, items: Scalar<string>[], wanted: string[]): Splice[] {
  if (items.length === wanted.length) {
    return items.flatMap((item, index) => {
      const [start, end] = rangeOf(item);
      return item.value === wanted[index] ? [] : [{ start, end, text: word(wanted[index]!, false) }];
    });
  }
  const column = lineAround(text, rangeOf(items[0]!)[0]);
  const indent = /^\s*/.exec(text.slice(column.start))![0];
  const line = (written: string): string => `${indent}- ${word(written, false)}\n`;
  const splices: Splice[] = [];
  let next = 0;
  for (const item of items) {
    const place = lineAround(text, rangeOf(item)[0]);
    const at = wanted.indexOf(item.value, next);
    if (at < 0) splices.push({ ...place, text: '' });
    else {
      if (at > next)
        splices.push({ start: place.start, end: place.start, text: wanted.slice(next, at).map(line).join('') });
      next = at + 1;
    }
  }
  const end = lineAround(text, rangeOf(items.at(-1)!)[0]).end;
  const rest = wanted.slice(next).map(line).join('');
  return rest
    ? [...splices, { start: end, end, text: text.endsWith('\n') || end < text.length ? rest : `\n${rest}` }]
    : splices;
}

/** A new key stands below the path, where one looks for it. */
function insertion(text: string, entry: Block, written: string): Splice {
  const neighbour = pairOf(entry, 'path') ?? (entry.items[0] as Entry);
  const key = lineAround(text, rangeOf(neighbour.key)[0]);
  const indent = ' '.repeat(rangeOf(neighbour.key)[0] - key.start);
  const end = lastLine(text, neighbour.value!);
  const lineEnd = end > 0 && text[end - 1] === '\n' ? '' : '\n';
  return { start: end, end, text: `${lineEnd}${indent}${written}\n` };
}

function inline(key: string, words: string[]): string {
  if (key === 'methods' && words.length === 1) return words[0]!;
  return `[${words.map((one) => word(one, true)).join(', ')}]`;
}

/** In a flow list a comma separates: `throttle:50,10` needs quotes there. */
function word(text: string, flow: boolean): string {
  const plain = flow ? /^[A-Za-z_./][\w./:#-]*$/ : /^[A-Za-z_./][\w./:,#-]*$/;
  return plain.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

function wordsOf(value: Entry['value']): unknown {
  return isCollection(value) ? (value.toJSON() as unknown) : [value?.value];
}

function rangeOf(node: { range?: [number, number, number] | null }): [number, number] {
  return [node.range![0], node.range![1]];
}

/** The line an offset stands in, its line end included. */
function lineAround(text: string, offset: number): { start: number; end: number } {
  const end = text.indexOf('\n', offset);
  return { start: text.lastIndexOf('\n', offset - 1) + 1, end: end < 0 ? text.length : end + 1 };
}

/** Behind the last line of a value; a comment on that line belongs to it. */
function lastLine(text: string, value: NonNullable<Entry['value']>): number {
  const last = isSeq(value) && !value.flow ? (value.items.at(-1) as Scalar) : value;
  return lineAround(text, Math.max(rangeOf(last)[0], rangeOf(last)[1] - 1)).end;
}

function splice(text: string, splices: Splice[]): string {
  const backwards = [...splices].sort((a, b) => b.start - a.start || b.end - a.end);
  return backwards.reduce((result, { start, end, text }) => result.slice(0, start) + text + result.slice(end), text);
}

/** Reads both texts: every other entry has to be what it was. */
function makeSure(before: string, after: string, name: string): void {
  const [{ [name]: _changed, ...others }, { [name]: entry, ...still }] = [read(before), read(after)];
  const fine = entry !== undefined && isDeepStrictEqual(others, still);
  if (!fine) throw cannot(`"${name}" is written in a way that only people can edit`);
}

function read(text: string): Record<string, unknown> {
  return (parse(text, { merge: true }) ?? {}) as Record<string, unknown>;
}
