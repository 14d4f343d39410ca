import { readFileSync } from 'node:fs';
import { Misconfiguration, type Mistake, type Place } from '../errors.js';

/** Larger files are refused before anything looks into them. */
export const maxSourceBytes = 1024 * 1024;

/** Reads a text file that an operator wrote. `file` is how it is named in messages. */
export function readSource(path: string, file = path): string {
  return decodeSource(readBytes(path, file), file);
}

/** UTF-8 bytes to text; a byte order mark is dropped, line ends stay as they are. */
export function decodeSource(bytes: Uint8Array, file: string): string {
  if (bytes.length > maxSourceBytes) throw wrong({ file, line: 1, column: 1 }, tooLarge(bytes.length));
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (text.includes('\uFFFD')) refuseOtherEncoding(bytes, text, file);
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Offset → line and column with the line itself; a range over several lines is underlined to the end of its first. */
export function placeAt(text: string, file: string, start: number, end = start + 1): Place {
  const lineStart = Math.max(text.lastIndexOf('\n', start - 1), text.lastIndexOf('\r', start - 1)) + 1;
  const rest = text.slice(lineStart).search(/[\r\n]/);
  const lineEnd = rest < 0 ? text.length : lineStart + rest;
  const length = Math.max(1, Math.min(end, lineEnd) - start);
  const excerpt = text.slice(lineStart, lineEnd);
  return { file, line: lineOf(text, lineStart), column: start - lineStart + 1, length, excerpt };
}

export function wrong(place: Place, message: string, key?: string): Misconfiguration {
  const mistake: Mistake = { place, message };
  return new Misconfiguration([key === undefined ? mistake : { ...mistake, key }]);
}

function readBytes(path: string, file: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Misconfiguration([{ message: `${file}: ${unreadable(error as NodeJS.ErrnoException)}` }]);
  }
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder, a file is needed',
  EACCES: 'the file may not be read, look at its permissions',
  ERR_FS_FILE_TOO_LARGE: 'the file is far too large',
};

function unreadable(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ''] ?? `cannot be read (${error.message})`;
}

function tooLarge(bytes: number): string {
  return `the file has ${bytes} bytes, more than the ${maxSourceBytes} that are allowed; split it with "resource"`;
}

/** Windows and old editors write Latin-1: say which byte it is, people find the letter by it. */
function refuseOtherEncoding(bytes: Uint8Array, text: string, file: string): void {
  const offset = firstInvalid(bytes);
  if (offset < 0) return;
  const byte = bytes[offset]!;
  const name = `0x${byte.toString(16).toUpperCase()}`;
  const start = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, offset)).length;
  const guess = byte >= 0xa0 ? ` (in Latin-1 it is "${String.fromCharCode(byte)}")` : '';
  throw wrong(placeAt(text, file, start), `the file is not UTF-8: byte ${name}${guess}; save it as UTF-8`);
}

/** −1 when every byte is fine and a U+FFFD was written on purpose. */
function firstInvalid(bytes: Uint8Array): number {
  if (isUtf8(bytes, bytes.length, false)) return -1;
  let fine = 0;
  let wrong = bytes.length;
  while (wrong - fine > 1) {
    const middle = (fine + wrong) >> 1;
    if (isUtf8(bytes, middle, true)) fine = middle;
    else wrong = middle;
  }
  // the last sequence may be one that began well: its first byte is the culprit
  while (fine > 0 && !isUtf8(bytes, fine, false)) fine--;
  return fine;
}

function isUtf8(bytes: Uint8Array, length: number, mayBeCutOff: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: mayBeCutOff });
    return true;
  } catch {
    return false;
  }
}

/** \r\n, \n and \r end a line, as in YAML. */
function lineOf(text: string, lineStart: number): number {
  let line = 1;
  for (let at = 0; at < lineStart; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) line++;
  }
  return line;
}
