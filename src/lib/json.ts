import { visit } from 'jsonc-parser';

/** Strict JSON: a duplicate key is a mistake, and each mistake has its position (contract ext-login, section 1). */
export class JsonMistake extends Error {
  override readonly name = 'JsonMistake';
  constructor(readonly position: number) {
    super(`malformed JSON at ${position}`);
  }
}

/** @throws JsonMistake with the 0-based offset of the first wrong character */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonMistake(firstMistake(text));
  }
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw new JsonMistake(duplicate);
  return value;
}

/** V8 names no position for most mistakes, so a second parser looks for it. */
function firstMistake(text: string): number {
  let position = text.length;
  const onError = (_code: unknown, offset: number): void => void (position = Math.min(position, offset));
  try {
    visit(text, { onError }, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // nested deeper than its stack: the end is where it fails
  }
  return position;
}

/** Offset of the first repeated key in a text that is known to be valid JSON. */
function duplicateKey(text: string): number | undefined {
  const open: (Set<string> | undefined)[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const token = match[0];
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (isKey(text, tokens.lastIndex)) {
      const keys = open.at(-1);
      const key = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
      if (keys?.has(key)) return match.index;
      keys?.add(key);
    }
  }
  return undefined;
}

function isKey(text: string, after: number): boolean {
  let next = after;
  while (text.charCodeAt(next) <= 32) next += 1;
  return text.charCodeAt(next) === 58;
}
