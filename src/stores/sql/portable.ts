import { sql as raw, type Expression, type QueryResult, type SqlBool } from 'kysely';
import type { LocalDatabase, SomeRows, Sql } from './engine.js';

/** Whether a change found its row. */
export async function affected(change: Promise<QueryResult<unknown>>): Promise<boolean> {
  return ((await change).numAffectedRows ?? 0n) > 0n;
}

/**
 * Deletes up to `limit` rows in steps, letting requests pass in between: a sweep of many must not be felt. With the embedded
 * database each step keeps the thread, and so does the disk: what a step changed is written back at once, because hundreds of
 * pages from all over the file would take longer than anybody may wait. A server is asked for a bounded number, because its
 * answer takes as long as its disk however few rows are meant. A step answers how many it deleted; fewer than asked for means
 * there are no more, or others hold them.
 */
export async function inBatches(
  { engine }: Sql,
  limit: number,
  step: (most: number) => Promise<number>,
): Promise<number> {
  let size = engine.local ? 20 : mostOfAServer;
  let total = 0;
  while (total < limit) {
    const most = Math.min(size, limit - total);
    const begin = performance.now();
    const deleted = await step(most);
    const took = performance.now() - begin;
    total += deleted;
    await new Promise(setImmediate);
    if (engine.local) size = nextSize(size, Math.max(took, writeBack(engine.local)));
    if (deleted < most) break;
    await new Promise(setImmediate);
  }
  return total;
}

const mostAtOnce = 500;
/** MariaDB lets others wait 76 ms, once in a sweep of 100,000, when it is asked for 500. */
const mostOfAServer = 100;

/** Milliseconds it took. */
function writeBack(local: LocalDatabase): number {
  const begin = performance.now();
  local.writeBack();
  return performance.now() - begin;
}

const nextSize = (size: number, milliseconds: number): number => {
  if (milliseconds > 6) return Math.max(Math.floor(size / 2), 10);
  return milliseconds < 3 ? Math.min(size * 2, mostAtOnce) : size;
};

/** Deletes up to `most` rows for which `over` holds, in one statement. */
export async function deleteSome(sql: Sql, rows: SomeRows): Promise<number> {
  const { numAffectedRows = 0n } = await sql.engine.deleteSome(rows).execute(sql.db);
  return Number(numAffectedRows);
}

/** How many rows of a list are answered where the caller does not say, and at most. */
export const page = ({ limit = 100, offset = 0 }: { limit?: number; offset?: number }) => ({
  limit: Math.min(Math.max(limit, 0), 10_000),
  offset: Math.max(offset, 0),
});

/** `column` contains `text`; `!` escapes, because MariaDB and PostgreSQL disagree about the backslash. */
export function containing(column: string, text: string): Expression<SqlBool> {
  const pattern = `%${text.replaceAll(/[!%_]/g, '!$&')}%`;
  return raw<SqlBool>`${raw.ref(column)} like ${pattern} escape '!'`;
}

export const toJson = (value: Record<string, unknown>): string => JSON.stringify(value);

const nothing: Record<string, unknown> = Object.freeze({});

/** What is read is handed out frozen; an empty object costs no memory of its own. */
export const fromJson = (text: string): Record<string, unknown> =>
  text === '{}' ? nothing : (deepFreeze(JSON.parse(text)) as Record<string, unknown>);

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

/** The same text is kept once, of the last `most` different ones: many sessions have the same browser. */
export function sharedText(most: number): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= most) known.clear();
    known.set(text, text);
    return text;
  };
}
