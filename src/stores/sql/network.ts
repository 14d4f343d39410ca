import type { Settings } from '../../config/settings.js';
import { Misconfiguration } from '../../errors.js';
import { StoreUnavailable } from '../contract.js';

/** Bounds for a database that is asked over the network. */
export type Limits = Pick<Settings['database'], 'poolSize' | 'statementTimeoutMs' | 'connectTimeoutMs' | 'tls'>;

export const mistake = (message: string) => new Misconfiguration([{ key: 'DATABASE_URL', message }]);

/** The server is there and does not let us in: the operator's mistake at the start, an outage while serving. */
export class Refused extends StoreUnavailable {}

export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

/** The server itself ends a slow statement; this ends one whose server does not answer at all. */
export const patienceWithServer = (limits: Limits): number => limits.statementTimeoutMs + 1000;

/** As it may be shown: without the password. */
export function shown(url: URL): string {
  const copy = new URL(url);
  copy.password = '';
  copy.search = '';
  return copy.href;
}

/** `verify`: encrypted, and the certificate must be good; whatever the URL says about it is left out. */
export function tlsOptions(
  url: URL,
  tls: Limits['tls'],
  words: string[],
): { ssl?: false | { rejectUnauthorized: true } } {
  if (tls === 'url') return {};
  for (const word of words) url.searchParams.delete(word);
  return { ssl: tls === 'verify' ? { rejectUnauthorized: true } : false };
}
