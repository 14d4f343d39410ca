/**
 * Tells before a regex runs whether an attacker's text can make it backtrack badly. The regex becomes an automaton of
 * its character positions. It is exponential when one text leads round a loop in two ways, and of degree d when d loops
 * can share a text between them (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991).
 */

export type RegexVerdict = 'fine' | 'exponential' | 'polynomial' | 'back-reference' | 'too-large';

/** For paths, which are short (`longestPath` in routes/layer.ts): one shared loop is harmless, two are not. */
const highestDegree = 2;
const mostPositions = 120;

/** For a regex that is anchored at both ends; the source must compile. */
export function judgeRegex(source: string, highest = highestDegree): RegexVerdict {
  const { verdict, degree } = weigh(source);
  return verdict === 'fine' && degree > highest ? 'polynomial' : verdict;
}

/** What is wrong with a regex that an operator wrote, in words; undefined: it may be used. */
export function regexMistake(source: string, highest = highestDegree): string | undefined {
  try {
    compileRegex(source);
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: (\/.*\/\w*: )?/s, '');
    return `the regex "${source}" does not compile: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
  }
  const verdict = judgeRegex(source, highest);
  return verdict === 'fine' ? undefined : `the regex "${source}" ${verdictWords[verdict]}`;
}

/** How many characters a text may have, so that the regex needs milliseconds at most for any of them. */
export function longestText(source: string): number {
  const { degree } = weigh(source);
  return [Infinity, Infinity, 2048, 256][degree] ?? 0;
}

interface Weight {
  verdict: RegexVerdict;
  /** with n characters it needs at most some n^degree steps */
  degree: number;
}

function weigh(source: string): Weight {
  const known = weights.get(source) ?? weighParts(source);
  if (weights.size > 10_000) weights.clear();
  weights.set(source, known);
  return known;
}

const weights = new Map<string, Weight>();

function weighParts(source: string): Weight {
  if (isPlain(source)) return { verdict: 'fine', degree: 1 };
  if (hasBackReference(source)) return { verdict: 'back-reference', degree: Infinity };
  const parts = [source, ...lookarounds(source)].map((part) => weighTree(new Parser(part).parse()));
  const degree = Math.max(...parts.map((part) => part.degree));
  return { verdict: parts.find(({ verdict }) => verdict !== 'fine')?.verdict ?? 'fine', degree };
}

const verdictWords: Record<Exclude<RegexVerdict, 'fine'>, string> = {
  exponential:
    'can backtrack for ever: the same text can go round its loops in many ways; let each loop begin differently',
  polynomial: 'can backtrack very long: several of its loops can take the same text; put something fixed between them',
  'back-reference': 'refers back to one of its groups; that cannot be judged safe',
  'too-large': 'is too large to be judged safe; make it simpler',
};

/** Unicode where the source allows it (`\\p{L}`, characters beyond 16 bits), else as older regexes are read. */
export function compileRegex(source: string, flags = 's'): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, `${flags}u`);
  } catch {
    return new RegExp(`^(?:${source})$`, flags);
  }
}

/** Whether a text that the regex accepts may hold this character; rather yes than no. */
export function mayHold(source: string, character: string): boolean {
  const atoms: string[] = [];
  collectAtoms(new Parser(source).parse(), atoms);
  return atoms.some((atom) => compileRegex(atom).test(character));
}

/** At most one unbounded repetition, of a single character or class: nothing to share a text with. */
function isPlain(source: string): boolean {
  const withoutClasses = source.replace(/\\./gs, 'x').replace(/\[[^\]]*\]/g, 'x');
  return !/[({]/.test(withoutClasses) && (withoutClasses.match(/[*+?]/g)?.length ?? 0) <= 1;
}

function hasBackReference(source: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\(?:[1-9]|k<)/.test(source);
}

type Tree =
  { kind: 'empty' } | { kind: 'character'; source: string } | { kind: 'sequence' | 'choice'; items: Tree[] } | Repeat;

interface Repeat {
  kind: 'repeat';
  item: Tree;
  min: number;
  max: number;
}

const atom =
  /\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|[^])|\[(?:\\[^]|[^\]\\])*\]|[^]/uy;
const group = /\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?/y;
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y;

/** Reads what `new RegExp` has accepted already, so it never meets a syntax error. */
class Parser {
  private at = 0;
  constructor(private readonly source: string) {}

  parse(): Tree {
    const items = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at++;
      items.push(this.sequence());
    }
    return items.length === 1 ? items[0]! : { kind: 'choice', items };
  }

  private sequence(): Tree {
    const items: Tree[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at]!)) items.push(this.repeated());
    return { kind: 'sequence', items };
  }

  private repeated(): Tree {
    const item = this.single();
    const match = this.take(quantifier);
    if (!match) return item;
    const [min, max] = bounds(match);
    return { kind: 'repeat', item, min, max };
  }

  private single(): Tree {
    const opened = this.take(group);
    if (opened) {
      const inner = this.parse();
      this.at++;
      return /^\(\?<?[=!]/.test(opened[0]) ? { kind: 'empty' } : inner;
    }
    const source = this.take(atom)![0];
    return ['^', '$', '\\b', '\\B'].includes(source) ? { kind: 'empty' } : { kind: 'character', source };
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (match) this.at = pattern.lastIndex;
    return match;
  }
}

function bounds([, sign, min, comma, max]: RegExpExecArray): [number, number] {
  if (sign === '?') return [0, 1];
  if (sign) return [sign === '+' ? 1 : 0, Infinity];
  if (!comma) return [Number(min), Number(min)];
  return [Number(min), max ? Number(max) : Infinity];
}

/** What stands inside lookarounds is matched on its own. */
function lookarounds(source: string): string[] {
  const found: string[] = [];
  for (const match of source.matchAll(/\(\?<?[=!]/g)) {
    const from = match.index + match[0].length;
    let depth = 1;
    let at = from;
    for (; at < source.length && depth > 0; at++) {
      if (source[at] === '\\') at++;
      else if (source[at] === '(') depth++;
      else if (source[at] === ')') depth--;
    }
    found.push(source.slice(from, at - 1));
  }
  return found;
}

/** The automaton of positions (Glushkov): which character may come after which, and in how many ways. */
interface Automaton {
  sets: bigint[];
  follow: Map<number, number>[];
}

interface Ends {
  nullable: boolean;
  first: number[];
  last: number[];
}

class TooLarge extends Error {}

function weighTree(tree: Tree): Weight {
  try {
    const automaton = build(tree);
    if (isExponential(automaton)) return { verdict: 'exponential', degree: Infinity };
    return { verdict: 'fine', degree: degree(automaton) };
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    return { verdict: error.message === 'exponential' ? 'exponential' : 'too-large', degree: Infinity };
  }
}

function build(tree: Tree): Automaton {
  const samples = samplesOf(tree);
  const sets: bigint[] = [];
  const follow: Map<number, number>[] = [];

  function visit(node: Tree): Ends {
    if (node.kind === 'empty') return { nullable: true, first: [], last: [] };
    if (node.kind === 'character') return position(node.source);
    if (node.kind === 'choice') return node.items.map(visit).reduce(either);
    if (node.kind === 'sequence') return node.items.map(visit).reduce(join, { nullable: true, first: [], last: [] });
    return repeat(node as Repeat);
  }

  function position(source: string): Ends {
    if (sets.length >= mostPositions) throw new TooLarge();
    const pattern = compileRegex(source);
    sets.push(samples.reduce((set, sample, i) => (pattern.test(sample) ? set | (1n << BigInt(i)) : set), 0n));
    follow.push(new Map());
    return { nullable: false, first: [sets.length - 1], last: [sets.length - 1] };
  }

  function link(from: readonly number[], to: readonly number[]): void {
    for (const a of from) for (const b of to) follow[a]!.set(b, (follow[a]!.get(b) ?? 0) + 1);
  }

  function join(a: Ends, b: Ends): Ends {
    link(a.last, b.first);
    return {
      nullable: a.nullable && b.nullable,
      first: a.nullable ? [...a.first, ...b.first] : a.first,
      last: b.nullable ? [...a.last, ...b.last] : b.last,
    };
  }

  /** Long counts are judged as endless ones: 40 or endlessly many makes no difference to an attacker. */
  function repeat({ item, min, max }: Repeat): Ends {
    if (max === 0) return { nullable: true, first: [], last: [] };
    const endless = max - min > 8;
    const copies = Array.from({ length: Math.min(Math.max(min, endless ? 1 : 0), 4) }, () => visit(item));
    if (copies[0]?.nullable && min > 8) throw new TooLarge('exponential');
    if (endless) {
      const loop = copies.at(-1)!;
      link(loop.last, loop.first);
      if (min === 0) loop.nullable = true;
    }
    const options = endless ? 0 : Math.min(max - min, 8);
    const optional = Array.from({ length: options }, () => ({ ...visit(item), nullable: true }));
    return [...copies, ...optional].reduce(join, { nullable: true, first: [], last: [] });
  }

  visit(tree);
  return { sets, follow };
}

function either(a: Ends, b: Ends): Ends {
  return { nullable: a.nullable || b.nullable, first: [...a.first, ...b.first], last: [...a.last, ...b.last] };
}

/** Two sets are told apart by the characters the regex names, their neighbours, and a few of each common kind. */
function samplesOf(tree: Tree): string[] {
  const sources: string[] = [];
  collectAtoms(tree, sources);
  const named = Array.from(sources.join('')).flatMap((character) => {
    const code = character.codePointAt(0)!;
    return [code - 1, code, code + 1].filter((near) => near >= 0).map((near) => String.fromCodePoint(near));
  });
  return [...new Set([...named, ...Array.from('aZ09_-. \n\t@/!éßж漢\u{1F600}')])];
}

/** Two different ways round a loop for one text: the pair walks from (p,p) over (r,s) back to (p,p). */
function isExponential(automaton: Automaton): boolean {
  const { follow } = automaton;
  const loops = follow.map((_, p) => reachable(automaton, p));
  for (const [p, edges] of follow.entries()) {
    for (const [q, ways] of edges) if (ways > 1 && (q === p || loops[q]!.has(p))) return true;
  }
  return follow.some((_, p) => loops[p]!.has(p) && splitsAndMeets(automaton, p));
}

function reachable({ follow }: Automaton, from: number): Set<number> {
  const seen = new Set<number>();
  const open = [from];
  while (open.length > 0) {
    for (const next of follow[open.pop()!]!.keys()) {
      if (!seen.has(next)) open.push(next);
      seen.add(next);
    }
  }
  return seen;
}

function splitsAndMeets(automaton: Automaton, p: number): boolean {
  return walk(automaton, [p, p], ([a, b]) => a !== b).some(
    (split) => walk(automaton, split, ([a, b]) => a === p && b === p).length > 0,
  );
}

/** Every tuple the automaton can reach from `start` by reading one text with all of its parts, filtered. */
function walk(automaton: Automaton, start: number[], wanted: (tuple: number[]) => boolean): number[][] {
  const size = automaton.sets.length;
  const seen = new Set<number>();
  const found: number[][] = [];
  const open = [start];
  while (open.length > 0) {
    for (const next of steps(automaton, open.pop()!)) {
      const id = next.reduce((sum, state) => sum * size + state, 0);
      if (seen.has(id)) continue;
      seen.add(id);
      if (seen.size > 60_000) throw new TooLarge();
      open.push(next);
      if (wanted(next)) found.push(next);
    }
  }
  return found;
}

function steps({ sets, follow }: Automaton, tuple: number[]): number[][] {
  let partial: { states: number[]; set: bigint }[] = [{ states: [], set: -1n }];
  for (const state of tuple) {
    const next: typeof partial = [];
    for (const { states, set } of partial) {
      for (const target of follow[state]!.keys()) {
        const common = set & sets[target]!;
        if (common !== 0n) next.push({ states: [...states, target], set: common });
      }
    }
    partial = next;
  }
  return partial.map(({ states }) => states);
}

/** 1 + the longest chain of loops where one text stays in a loop, leads from it to the next, and stays there. */
function degree(automaton: Automaton): number {
  const reach = automaton.follow.map((_, p) => reachable(automaton, p));
  const looping = reach.flatMap((set, p) => (set.has(p) ? [p] : []));
  const shares = new Map<number, number[]>();
  for (const p of looping) {
    const later = looping.filter((q) => q !== p && reach[p]!.has(q) && !reach[q]!.has(p));
    shares.set(
      p,
      later.filter((q) => walk(automaton, [p, p, q], ([a, b, c]) => a === p && b === q && c === q).length > 0),
    );
  }
  const longest = new Map<number, number>();
  const chain = (p: number): number => {
    const known = longest.get(p);
    if (known !== undefined) return known;
    const length = 1 + Math.max(0, ...shares.get(p)!.map(chain));
    longest.set(p, length);
    return length;
  };
  return Math.max(1, ...looping.map(chain));
}

function collectAtoms(tree: Tree, into: string[]): void {
  if (tree.kind === 'character') into.push(tree.source);
  else if (tree.kind === 'repeat') collectAtoms(tree.item, into);
  else if (tree.kind !== 'empty') tree.items.forEach((item) => collectAtoms(item, into));
}
