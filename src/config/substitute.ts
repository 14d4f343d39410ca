import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export type Environment = Record<string, string | undefined>;

export interface Substituted {
  text: string;
  /** the variables that were asked for */
  variables: string[];
  /** those of them that have a value */
  used: string[];
  mistakes: string[];
}

/** `${NAME}`, `${NAME:-default}` where the default may hold further ones, `$${` for a plain `${`. */
export function substitute(source: string, look: (name: string) => string | undefined): Substituted {
  const result: Substituted = { text: '', variables: [], used: [], mistakes: [] };
  const reader = { source, at: 0 };
  result.text = readText(reader, false, look, result);
  return result;
}

export function hasVariables(source: string): boolean {
  return source.includes('${');
}

/**
 * Environment variables, and files they name: with DATABASE_URL_FILE=/run/secrets/db and no DATABASE_URL the text of that
 * file is its value (ASVS 13.3.1). Set but empty is as good as not set, as in a shell's `:-`.
 * @throws Error with the sentence for the operator
 */
export function environmentLookup(env: Environment, cwd: string): (name: string) => string | undefined {
  const files = new Map<string, string>();
  return (name) => {
    const file = env[`${name}_FILE`];
    if (!file) return env[name] || undefined;
    if (env[name]) throw new Error(`${name} and ${name}_FILE are both set; only one of them can count`);
    const value = files.get(file) ?? readValue(name, resolve(cwd, file));
    files.set(file, value);
    return value;
  };
}

function readValue(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

interface Reader {
  source: string;
  at: number;
}

/** Reads to the end, or inside a default to the brace that closes it. */
function readText(
  reader: Reader,
  inside: boolean,
  look: (name: string) => string | undefined,
  result: Substituted,
): string {
  let text = '';
  while (reader.at < reader.source.length) {
    const rest = reader.source.slice(reader.at);
    if (inside && rest.startsWith('}')) return text;
    if (rest.startsWith('$${')) [text, reader.at] = [`${text}\${`, reader.at + 3];
    else if (rest.startsWith('${')) text += readVariable(reader, look, result);
    else [text, reader.at] = [text + rest[0]!, reader.at + 1];
  }
  return text;
}

function readVariable(reader: Reader, look: (name: string) => string | undefined, result: Substituted): string {
  const match = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(:-)?/.exec(reader.source.slice(reader.at));
  if (!match) return broken(reader, result);
  const name = match[1]!;
  reader.at += match[0].length;
  const ignored: Substituted = { text: '', variables: [], used: [], mistakes: [] };
  const value = valueOf(name, look, result);
  const fallback = match[2] ? readText(reader, true, look, value === undefined ? result : ignored) : undefined;
  if (reader.source[reader.at] !== '}') return broken(reader, result);
  reader.at++;
  if (value === undefined && fallback === undefined)
    result.mistakes.push(`the environment variable ${name} is not set`);
  return value ?? fallback ?? '';
}

function valueOf(name: string, look: (name: string) => string | undefined, result: Substituted): string | undefined {
  result.variables.push(name);
  try {
    const value = look(name);
    if (value !== undefined) result.used.push(name);
    return value;
  } catch (error) {
    result.mistakes.push((error as Error).message);
    return '';
  }
}

function broken(reader: Reader, result: Substituted): string {
  result.mistakes.push('this is no variable: write ${NAME} or ${NAME:-default}, and $${ for a plain ${');
  reader.at = reader.source.length;
  return '';
}
