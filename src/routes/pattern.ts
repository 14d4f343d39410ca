import { isParameter, parsePath, type Parameter, type PathPart } from '../lib/path-pattern.js';
import { compileRegex, mayHold } from '../lib/regex-safety.js';
import type { RouteEntry } from './contract.js';

/**
 * A path as the table works with it. Requests are compared segment by segment after decoding, with a slash that was
 * escaped (`%2F`) standing as `hiddenSlash`, so that it never parts two segments.
 */
export interface Pattern {
  /** matches the whole path; some of its groups are the parameters */
  regex: RegExp;
  names: string[];
  /** group number of each parameter (requirements may hold groups of their own) */
  groups: number[];
}

/** What the index may rely on. */
export interface IndexShape {
  /** the leading segments: a text, or undefined for exactly one parameter */
  segments: (string | undefined)[];
  /** the segments are the whole path */
  complete: boolean;
}

/** No decoded text holds a lone surrogate, so it is confused with nothing. */
export const hiddenSlash = '\uD800';

const separators = '/,;.:-_~*+@|';

type Rules = Pick<RouteEntry, 'requirements' | 'defaults'>;

export function compilePattern(entry: RouteEntry, sensitive: boolean): Pattern {
  return compile(parsePath(entry.path).parts, entry, '/', sensitive);
}

/** `{tenant}.example.com`: a parameter is one label unless its requirement says more. */
export function compileHost(host: string, requirements: RouteEntry['requirements']): Pattern {
  return compile(parsePath(host).parts, { requirements, defaults: {} }, '.', false);
}

function compile(parts: PathPart[], rules: Rules, boundary: string, sensitive: boolean): Pattern {
  const tokens = tokensOf(parts, rules, boundary);
  const optionalFrom = firstOptional(tokens);
  const source = tokens.map((token, index) => tokenSource(token, index, optionalFrom)).join('');
  const opened = Math.max(0, tokens.length - optionalFrom - (optionalFrom === 0 ? 1 : 0));
  const parameters = tokens.filter((token) => token.name !== undefined);
  return {
    regex: compileRegex(source + ')?'.repeat(opened), sensitive ? 's' : 'si'),
    names: parameters.map(({ name }) => name!),
    groups: groupNumbers(parameters),
  };
}

/** A fixed text, or a parameter with the separator before it: `/users`, `/{id}`. */
interface Token {
  /** fixed text, or the separator */
  text: string;
  name?: string;
  regex: string;
  optional: boolean;
}

function tokensOf(parts: PathPart[], rules: Rules, boundary: string): Token[] {
  const tokens: Token[] = [];
  parts.forEach((part, index) => {
    if (!isParameter(part)) {
      const belongsToNext = index + 1 < parts.length && separators.includes(part.text.at(-1)!);
      const text = belongsToNext ? part.text.slice(0, -1) : part.text;
      if (text !== '') tokens.push({ text: decoded(text), regex: '', optional: false });
      return;
    }
    const before = parts[index - 1];
    const last = before && !isParameter(before) ? before.text.at(-1)! : '';
    tokens.push({
      text: last !== '' && separators.includes(last) ? last : '',
      name: part.name,
      regex: requirementOf(part, parts[index + 1], rules, boundary),
      optional: Object.hasOwn(rules.defaults, part.name),
    });
  });
  return tokens;
}

/** Parameters with a default at the end of the path may be left out, the last first, with the separator before them. */
function firstOptional(tokens: Token[]): number {
  let first = tokens.length;
  while (first > 0 && tokens[first - 1]!.optional) first--;
  return first;
}

/** Symfony's rule for a path that is optional from its start on: the first slash stays. */
function tokenSource({ text, name, regex }: Token, index: number, optionalFrom: number): string {
  if (name === undefined) return escaped(text);
  if (index < optionalFrom) return `${escaped(text)}(${regex})`;
  return index === 0 ? `${escaped(text)}(${regex})?` : `(?:${escaped(text)}(${regex})`;
}

/** Without a requirement: up to the next slash, and not over the separator that follows the parameter (Symfony). */
function requirementOf(
  { name }: Parameter,
  next: PathPart | undefined,
  { requirements }: Rules,
  boundary: string,
): string {
  const own = requirements[name];
  if (own) return own;
  const following = next && !isParameter(next) ? next.text[0]! : '';
  const excluded = following !== boundary && separators.includes(following) ? following : '';
  return `[^${`${boundary}${excluded}`.replace(/[-\]\\^]/g, '\\$&')}]+`;
}

function groupNumbers(parameters: Token[]): number[] {
  let next = 1;
  return parameters.map(({ regex }) => {
    const own = next;
    next += 1 + groupsIn(regex);
    return own;
  });
}

/** How many groups a regex has: beside an alternative that always matches they show, empty. */
function groupsIn(source: string): number {
  return source.includes('(') ? compileRegex(`(?:${source})?|`).exec('')!.length - 1 : 0;
}

/** As many leading segments as are a fixed text or exactly one parameter that holds no slash. */
export function indexShape({ path, requirements, defaults }: RouteEntry): IndexShape {
  const segments: IndexShape['segments'] = [];
  for (const segment of splitSegments(parsePath(path).parts)) {
    if (segment.length > 1) return { segments, complete: false };
    const part = segment[0] ?? { text: '' };
    if (isParameter(part) && !fillsOneSegment(part, { requirements, defaults })) return { segments, complete: false };
    segments.push(isParameter(part) ? undefined : decoded(part.text));
  }
  return { segments, complete: true };
}

function fillsOneSegment({ name }: Parameter, { requirements, defaults }: Rules): boolean {
  return !Object.hasOwn(defaults, name) && !(requirements[name] && mayHoldSlash(requirements[name]));
}

const slashHolders = new Map<string, boolean>();

function mayHoldSlash(requirement: string): boolean {
  const known = slashHolders.get(requirement) ?? mayHold(requirement, '/');
  if (slashHolders.size > 10_000) slashHolders.clear();
  slashHolders.set(requirement, known);
  return known;
}

function splitSegments(parts: PathPart[]): PathPart[][] {
  const segments: PathPart[][] = [[]];
  for (const part of parts) {
    if (isParameter(part)) {
      segments.at(-1)!.push(part);
      continue;
    }
    part.text.split('/').forEach((text, index) => {
      if (index > 0) segments.push([]);
      if (text !== '') segments.at(-1)!.push({ text });
    });
  }
  return segments.slice(1);
}

/** An escape in the file means its character; an escaped slash stays apart. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  const segments = text.split('/').map((segment) => decodeURIComponent(segment).replaceAll('/', hiddenSlash));
  return segments.join('/');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
