import { affected } from './portable.js';
import type { Sql } from './engine.js';
import { statement } from './statement.js';

interface Lease {
  name: string;
  holder: string;
  now: number;
  until: number;
}

const renew = statement<Lease>((db, { name, holder, now, until }) =>
  db
    .updateTable('leases')
    .set({ holder, until })
    .where('name', '=', name)
    .where((where) => where.or([where('holder', '=', holder), where('until', '<=', now)])),
);

/** True for the one holder: it has it already, it ran out, or nobody had it. */
export async function lease(sql: Sql, wanted: Lease): Promise<boolean> {
  if (await affected(renew(sql, wanted))) return true;
  const { name, holder, until } = wanted;
  const insert = sql.engine.insertMissing(sql.db.insertInto('leases').values({ name, holder, until }));
  const { numInsertedOrUpdatedRows = 0n } = await insert.executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}
