import { Misconfiguration } from '../../../errors.js';
import { StoreUnavailable } from '../../contract.js';

/** What goes wrong while opening: the operator's, said with the file's name. */
export function openingMistake(path: string, error: unknown): Error {
  const text = messageOf(error);
  const code = codeOf(error);
  if (code.startsWith('SQLITE_BUSY')) return new StoreUnavailable(`${path} is locked by another program`);
  if (code.startsWith('SQLITE_READONLY')) return mistake(`the database ${path} is read-only`);
  if (code.startsWith('SQLITE_NOTADB')) return mistake(`${path} is not an SQLite database, or it is damaged`);
  if (code.startsWith('SQLITE_CORRUPT')) return mistake(`the database ${path} is damaged (${text}); restore a backup`);
  return mistake(`the database ${path} cannot be opened: ${text}`);
}

export const mistake = (message: string) => new Misconfiguration([{ key: 'DATABASE_URL', message }]);

export function translateError(error: unknown, path: string): unknown {
  const message = messageOf(error);
  if (!unavailable.test(codeOf(error)) && !message.includes('connection is not open')) return error;
  return new StoreUnavailable(`${path}: ${message}`, { cause: error });
}

/** Another process writes at this moment. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error));

export function uniqueViolation(error: unknown): string | undefined {
  return /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(codeOf(error)) ? messageOf(error) : undefined;
}

const unavailable = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL|NOMEM|INTERRUPT)/;

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
