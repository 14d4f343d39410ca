import { sql as raw, type RawBuilder } from 'kysely';
import type { SomeRows } from './engine.js';

/** PostgreSQL and SQLite: a DELETE knows no limit. */
export function deleteSome({ table, key, over, most }: SomeRows): RawBuilder<unknown> {
  const some = raw`select ${raw.ref(key)} from ${raw.table(table)} where ${over} limit ${most}`;
  return raw`delete from ${raw.table(table)} where ${raw.ref(key)} in (${some}) and ${over}`;
}
