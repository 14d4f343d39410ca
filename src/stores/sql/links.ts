import { sql as raw, type SqlBool } from 'kysely';
import type { Link, LinkPurpose, LinkStore } from '../contract.js';
import type { Sql } from './engine.js';
import { affected, deleteSome, fromJson, inBatches, toJson } from './portable.js';
import type { LinksTable } from './schema.js';
import { statement } from './statement.js';

export function createLinks(sql: Sql): LinkStore {
  const found = async (hash: string): Promise<Link | undefined> => (await find(sql, { hash })).rows.map(linkOf)[0];
  return {
    async issue(link) {
      // a unique index over user and purpose makes "ends the older one" a single step of the database
      const row = rowOf(link);
      await sql.engine.replacing(sql.db.insertInto('links').values(row), ['user_id', 'purpose'], row).execute();
    },
    find: found,
    async redeem(hash, purpose) {
      const link = await found(hash);
      if (link?.purpose !== purpose) return undefined;
      // of all who read it, the one whose delete found the row gets it
      return (await affected(remove(sql, { hash, purpose }))) ? link : undefined;
    },
    async endOfUser(userId, purpose) {
      const done = await (purpose ? removeOfPurpose(sql, { userId, purpose }) : removeOfUser(sql, { userId }));
      return Number(done.numAffectedRows ?? 0n);
    },
    async list(purpose) {
      const query = sql.db.selectFrom('links').selectAll().where('purpose', '=', purpose);
      return (await query.orderBy('created_at', 'desc').orderBy('hash').execute()).map(linkOf);
    },
    sweep: (now, limit) =>
      inBatches(sql, limit, (most) => deleteSome(sql, { table: 'links', key: 'hash', over: over(now), most })),
  };
}

const find = statement<{ hash: string }, LinksTable>((db, { hash }) =>
  db.selectFrom('links').selectAll().where('hash', '=', hash),
);
const remove = statement<{ hash: string; purpose: string }>((db, { hash, purpose }) =>
  db.deleteFrom('links').where('hash', '=', hash).where('purpose', '=', purpose),
);
const removeOfUser = statement<{ userId: number }>((db, { userId }) =>
  db.deleteFrom('links').where('user_id', '=', userId),
);
const removeOfPurpose = statement<{ userId: number; purpose: string }>((db, { userId, purpose }) =>
  db.deleteFrom('links').where('user_id', '=', userId).where('purpose', '=', purpose),
);

const rowOf = (link: Link): LinksTable => ({
  hash: link.hash,
  user_id: link.userId || null,
  purpose: link.purpose,
  created_at: link.createdAt,
  expires_at: link.expiresAt,
  data: toJson(link.data),
});

const linkOf = (row: LinksTable): Link => ({
  hash: row.hash,
  userId: row.user_id ?? 0,
  purpose: row.purpose as LinkPurpose,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  data: fromJson(row.data),
});

const over = (now: number) => raw<SqlBool>`expires_at <= ${now}`;
