import type { Database } from 'libsql';

/** What SQLite itself finds wrong with the file, in its words; undefined = nothing. */
export function damageOf(database: Database): string | undefined {
  const { quick_check: verdict } = database.prepare('pragma quick_check').get() as { quick_check: string };
  return verdict === 'ok' ? undefined : verdict;
}
