/** One line of a difference: the same in both, gone, new, or a gap where unchanged lines are left out. */
export interface DiffLine {
  kind: 'same' | 'gone' | 'new' | 'gap';
  text: string;
}

const context = 3;

/** What changed from one text to another, line by line, with three lines around. `[]` when nothing did. */
export function differenceOf(before: string, after: string): DiffLine[] {
  if (before === after) return [];
  const [a, b] = [before.split('\n'), after.split('\n')];
  const start = a.findIndex((line, index) => line !== b[index]);
  const from = start < 0 ? a.length : start;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - from && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = compare(a.slice(from, a.length - tail), b.slice(from, b.length - tail));
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  const gap = (needed: boolean): DiffLine[] => (needed ? [{ kind: 'gap', text: '…' }] : []);
  return [
    ...gap(from > context),
    ...a.slice(Math.max(0, from - context), from).map(same),
    ...middle,
    ...a.slice(a.length - tail, a.length - tail + context).map(same),
    ...gap(tail > context),
  ];
}

/** By the longest common subsequence; what differs is a handful of lines. */
function compare(a: string[], b: string[]): DiffLine[] {
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]! });
      [i, j] = [i + 1, j + 1];
    } else if (j >= b.length || (i < a.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push({ kind: 'gone', text: a[i]! });
      i += 1;
    } else {
      lines.push({ kind: 'new', text: b[j]! });
      j += 1;
    }
  }
  return lines;
}
