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

/** What the index knows of a path: its leading segments, each a text, or a parameter that holds no slash. */
export interface IndexShape {
  segments: (string | Slot)[];
  /** `whole`: the segments are the path; `tail`: one more parameter takes all the rest; `open`: the regex must tell */
  end: 'whole' | 'tail' | 'open';
  tail?: Slot;
}

/** A parameter that is exactly what stands between two slashes (or, as a tail, everything after one). */
export interface Slot {
  name: string;
  /** undefined: anything but nothing */
  test: RegExp | undefined;
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

/** As many leading segments as can be compared without the regex of the whole path. */
export function indexShape({ path, requirements, defaults }: RouteEntry, sensitive: boolean): IndexShape {
  const segments: IndexShape['segments'] = [];
  const parts = splitSegments(parsePath(path).parts);
  for (const [index, segment] of parts.entries()) {
    const part = segment[0] ?? { text: '' };
    if (segment.length > 1) return { segments, end: 'open' };
    if (!isParameter(part)) {
      segments.push(decoded(part.text));
      continue;
    }
    const requirement = requirements[part.name];
    const slot = { name: part.name, test: requirement ? sharedRegex(requirement, sensitive) : undefined };
    if (Object.hasOwn(defaults, part.name)) return { segments, end: 'open' };
    if (requirement && mayHoldSlash(requirement)) {
      return index === parts.length - 1 ? { segments, end: 'tail', tail: slot } : { segments, end: 'open' };
    }
    segments.push(slot);
  }
  return { segments, end: 'whole' };
}

const regexes = new Map<string, RegExp>();

/** One object for each requirement, however many routes have it: an expression that is used often is a fast one. */
function sharedRegex(source: string, sensitive: boolean): RegExp {
  const flags = sensitive ? 's' : 'si';
  const known = regexes.get(flags + source) ?? compileRegex(source, flags);
  if (regexes.size > 10_000) regexes.clear();
  regexes.set(flags + source, known);
  return known;
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
