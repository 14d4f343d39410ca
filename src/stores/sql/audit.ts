import type { AuditEntry, AuditStore } from '../contract.js';
import { inTransaction, type Sql } from './engine.js';
import { fromJson, page, toJson } from './portable.js';
import type { AuditTable } from './schema.js';
import { statement } from './statement.js';

export function createAudit(sql: Sql): AuditStore {
  return {
    append: (entry, seal) => inTransaction(sql, (sql) => append(sql, entry, seal)),
    query: (query) => select(sql, query),
    async count() {
      const { total } = await sql.db
        .selectFrom('audit')
        .select(({ fn }) => fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow();
      return total;
    },
    cap: (keep, limit) => inTransaction(sql, (sql) => cap(sql, keep, limit)),
    head: () => sql.db.selectFrom('audit_head').select(['last', 'hash']).executeTakeFirstOrThrow(),
    anchor: async () => (await sql.db.selectFrom('audit_head').select('anchor').executeTakeFirstOrThrow()).anchor,
  };
}

type Seal = Parameters<AuditStore['append']>[1];

const insert = statement<AuditTable>((db, row) =>
  db.insertInto('audit').values({
    id: row.id,
    at: row.at,
    type: row.type,
    user_id: row.user_id,
    username: row.username,
    address: row.address,
    request_id: row.request_id,
    detail: row.detail,
    hash: row.hash,
  }),
);
const advance = statement<{ last: number; hash: string }>((db, { last, hash }) =>
  db.updateTable('audit_head').set({ last, hash }),
);

/** The head is one row; whoever holds it writes the next line, so the chain has neither gap nor fork. */
const holdHead = (sql: Sql) =>
  sql.engine.locked(sql.db.selectFrom('audit_head').select(['last', 'hash'])).executeTakeFirstOrThrow();

async function append(sql: Sql, entry: Omit<AuditEntry, 'id' | 'hash'>, seal: Seal): Promise<void> {
  const head = await holdHead(sql);
  const id = head.last + 1;
  const hash = seal(head.hash, id);
  await insert(sql, { ...rowOf(entry), id, hash });
  await advance(sql, { last: id, hash });
}

const rowOf = (entry: Omit<AuditEntry, 'id' | 'hash'>): Omit<AuditTable, 'id' | 'hash'> => ({
  at: entry.at,
  type: entry.type,
  user_id: entry.userId,
  username: entry.username,
  address: entry.address,
  request_id: entry.requestId,
  detail: toJson(entry.detail),
});

const entryOf = (row: AuditTable): AuditEntry => ({
  id: row.id,
  at: row.at,
  type: row.type,
  userId: row.user_id,
  username: row.username,
  address: row.address,
  requestId: row.request_id,
  detail: fromJson(row.detail),
  hash: row.hash,
});

async function select(sql: Sql, query: Parameters<AuditStore['query']>[0]): Promise<AuditEntry[]> {
  const { limit, offset } = page(query);
  const rows = await sql.db
    .selectFrom('audit')
    .selectAll()
    .$if(query.userId !== undefined, (select) => select.where('user_id', '=', query.userId!))
    .$if(query.type !== undefined, (select) => select.where('type', '=', query.type!))
    .$if(query.address !== undefined, (select) => select.where('address', '=', query.address!))
    .$if(query.since !== undefined, (select) => select.where('at', '>=', query.since!))
    .$if(query.after !== undefined, (select) => select.where('id', '>', query.after!))
    .$if(query.before !== undefined, (select) => select.where('at', '<', query.before!))
    .orderBy('id', query.ascending ? 'asc' : 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(entryOf);
}

async function cap(sql: Sql, keep: number, limit: number): Promise<number> {
  const { last } = await holdHead(sql);
  const oldest = await sql.db.selectFrom('audit').select('id').orderBy('id').limit(1).executeTakeFirst();
  if (!oldest) return 0;
  const end = Math.min(last - keep, oldest.id + limit - 1);
  const fallen = await sql.db.selectFrom('audit').select('hash').where('id', '=', end).executeTakeFirst();
  if (end < oldest.id || !fallen) return 0;
  const { numDeletedRows } = await sql.db.deleteFrom('audit').where('id', '<=', end).executeTakeFirst();
  await sql.db.updateTable('audit_head').set({ anchor: fallen.hash }).execute();
  return Number(numDeletedRows);
}
