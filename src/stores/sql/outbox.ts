import { sql as raw, type SqlBool } from 'kysely';
import type { OutboxMail, OutboxStore } from '../contract.js';
import type { Sql } from './engine.js';
import { affected, deleteSome, inBatches, page } from './portable.js';
import type { OutboxTable } from './schema.js';
import { statement } from './statement.js';

/** Mails wait in `outbox`, other work that must not be lost in `jobs`: two tables of one make. */
export type QueueTable = 'outbox' | 'jobs';

export function createOutbox(sql: Sql, name: QueueTable): OutboxStore {
  const table = name as 'outbox';
  return {
    async add(mail) {
      await sql.db.insertInto(table).values(rowOf(mail)).execute();
    },
    claim: (now, leaseUntil, limit) => claim(sql, name, { now, leaseUntil, limit }),
    async sent(id, at) {
      const values = { state: 'sent', sent_at: at, payload: '', last_error: '' };
      await sql.db.updateTable(table).set(values).where('id', '=', id).execute();
    },
    async retry(id, nextTryAt, error) {
      await failed(sql, name, id, { state: 'waiting', next_try_at: nextTryAt, last_error: error });
    },
    async dead(id, error) {
      await failed(sql, name, id, { state: 'dead', last_error: error });
    },
    async find(id) {
      return (await sql.db.selectFrom(table).selectAll().where('id', '=', id).execute()).map(mailOf)[0];
    },
    list: (query) => list(sql, name, query),
    async count(state) {
      const query = sql.db.selectFrom(table).where('state', '=', state);
      const { total } = await query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return total;
    },
    sweep: (before, limit) =>
      inBatches(sql, limit, (most) => deleteSome(sql, { table: name, key: 'id', over: finished(before), most })),
  };
}

const rowOf = (mail: OutboxMail): OutboxTable => ({
  id: mail.id,
  template: mail.template,
  recipient: mail.recipient,
  payload: mail.payload,
  state: mail.state,
  attempts: mail.attempts,
  created_at: mail.createdAt,
  next_try_at: mail.nextTryAt,
  sent_at: mail.sentAt,
  last_error: mail.lastError,
});

const mailOf = (row: OutboxTable): OutboxMail => ({
  id: row.id,
  template: row.template,
  recipient: row.recipient,
  payload: row.payload,
  state: row.state as OutboxMail['state'],
  attempts: row.attempts,
  createdAt: row.created_at,
  nextTryAt: row.next_try_at,
  sentAt: row.sent_at,
  lastError: row.last_error,
});

interface Claim {
  now: number;
  leaseUntil: number;
  limit: number;
}

const statementsOf = (name: QueueTable) => {
  const table = name as 'outbox';
  return {
    due: statement<{ now: number; limit: number }, OutboxTable>((db, { now, limit }) =>
      db
        .selectFrom(table)
        .selectAll()
        .where('state', '=', 'waiting')
        .where('next_try_at', '<=', now)
        .orderBy('next_try_at')
        .limit(limit),
    ),
    lease: statement<{ id: string; seen: number; until: number }>((db, { id, seen, until }) =>
      db
        .updateTable(table)
        .set({ next_try_at: until })
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .where('next_try_at', '=', seen),
    ),
  };
};
const statements = { outbox: statementsOf('outbox'), jobs: statementsOf('jobs') };

/** Each due mail goes to the one whose update still finds it as it was read. */
async function claim(sql: Sql, name: QueueTable, { now, leaseUntil, limit }: Claim): Promise<OutboxMail[]> {
  const { due, lease } = statements[name];
  const mine: OutboxMail[] = [];
  for (const row of (await due(sql, { now, limit })).rows) {
    const won = await affected(lease(sql, { id: row.id, seen: row.next_try_at, until: leaseUntil }));
    if (won) mine.push(mailOf({ ...row, next_try_at: leaseUntil }));
  }
  return mine;
}

/** A mail that was sent stays sent. */
async function failed(sql: Sql, name: QueueTable, id: string, values: Partial<OutboxTable>): Promise<void> {
  await sql.db
    .updateTable(name as 'outbox')
    .set((row) => ({ ...values, attempts: row('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('state', '!=', 'sent')
    .execute();
}

async function list(
  sql: Sql,
  name: QueueTable,
  query: { state?: OutboxMail['state']; limit?: number; offset?: number },
) {
  const { limit, offset } = page(query);
  const rows = await sql.db
    .selectFrom(name as 'outbox')
    .selectAll()
    .$if(query.state !== undefined, (select) => select.where('state', '=', query.state!))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(mailOf);
}

/** What still waits is never dropped. */
const finished = (before: number) => raw<SqlBool>`state <> 'waiting' and created_at < ${before}`;
