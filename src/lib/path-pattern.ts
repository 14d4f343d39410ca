/** The paths of route files: `/users/{id<\d+>}/{page?1}`. Symfony's syntax, with a leading slash that may be left out. */

export interface Parameter {
  name: string;
  regex?: string;
  /** undefined: required; null: optional without a value */
  default?: string | null;
  /** offset of the `{` in the path as written */
  offset: number;
  length: number;
}

export type PathPart = { text: string } | Parameter;

export interface PathMistake {
  offset: number;
  length: number;
  message: string;
}

export interface ParsedPath {
  parts: PathPart[];
  parameters: Parameter[];
  mistakes: PathMistake[];
}

/** name, `:mapping` (Symfony's entity hint, without meaning here), regex, default */
const parameterPattern = /\{!?([A-Za-z_]\w*)(?::[\w.]+)?(?:<(.*?)>)?(\?[^}]*)?\}/y;

export function parsePath(path: string): ParsedPath {
  const parts: PathPart[] = [];
  const mistakes: PathMistake[] = [];
  let at = 0;
  while (at < path.length) {
    const brace = path.indexOf('{', at);
    const textEnd = brace < 0 ? path.length : brace;
    if (textEnd > at) parts.push({ text: path.slice(at, textEnd) });
    mistakes.push(...strayBraces(path, at, textEnd));
    if (brace < 0) break;
    const parameter = readParameter(path, brace);
    if (!parameter) {
      mistakes.push(brokenParameter(path, brace));
      break;
    }
    parts.push(parameter);
    at = brace + parameter.length;
  }
  const parameters = parts.filter(isParameter);
  return { parts, parameters, mistakes: [...mistakes, ...namedTwice(parameters)] };
}

export function isParameter(part: PathPart): part is Parameter {
  return 'name' in part;
}

export function parameterNames(path: string): string[] {
  return path.includes('{') ? parsePath(path).parameters.map((parameter) => parameter.name) : [];
}

function readParameter(path: string, offset: number): Parameter | undefined {
  parameterPattern.lastIndex = offset;
  const match = parameterPattern.exec(path);
  if (!match) return undefined;
  const parameter: Parameter = { name: match[1]!, offset, length: match[0].length };
  if (match[2] !== undefined) parameter.regex = match[2];
  if (match[3] !== undefined) parameter.default = match[3] === '?' ? null : match[3].slice(1);
  return parameter;
}

function brokenParameter(path: string, offset: number): PathMistake {
  const end = path.indexOf('}', offset);
  if (end < 0) return { offset, length: path.length - offset, message: '"{" is never closed by "}"' };
  const text = path.slice(offset, end + 1);
  const message = `"${text}" is no parameter; write {name}, {name<regex>}, {name?default} or {name<regex>?default}`;
  return { offset, length: text.length, message };
}

function strayBraces(path: string, from: number, to: number): PathMistake[] {
  const offset = path.slice(from, to).indexOf('}');
  return offset < 0 ? [] : [{ offset: from + offset, length: 1, message: '"}" without "{" before it' }];
}

function namedTwice(parameters: Parameter[]): PathMistake[] {
  return parameters
    .filter(({ name }, index) => parameters.findIndex((other) => other.name === name) < index)
    .map(({ name, offset, length }) => ({
      offset,
      length,
      message: `the parameter "${name}" stands in the path twice`,
    }));
}
