import type { OutboxMail, OutboxStore } from '../contract.js';
import type { Sql } from './engine.js';
import { affected, inBatches, page } from './portable.js';
import type { OutboxTable } from './schema.js';
import { statement } from './statement.js';

export function createOutbox(sql: Sql): OutboxStore {
  return {
    async add(mail) {
      await sql.db.insertInto('outbox').values(rowOf(mail)).execute();
    },
    claim: (now, leaseUntil, limit) => claim(sql, now, leaseUntil, limit),
    async sent(id, at) {
      await set(sql, id, { state: 'sent', sent_at: at, payload: '', last_error: '' });
    },
    async retry(id, nextTryAt, error) {
      await failed(sql, id, { state: 'waiting', next_try_at: nextTryAt, last_error: error });
    },
    async dead(id, error) {
      await failed(sql, id, { state: 'dead', last_error: error });
    },
    async find(id) {
      return (await sql.db.selectFrom('outbox').selectAll().where('id', '=', id).execute()).map(mailOf)[0];
    },
    list: (query) => list(sql, query),
    async count(state) {
      const query = sql.db.selectFrom('outbox').where('state', '=', state);
      const { total } = await query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return total;
    },
    sweep: (before, limit) => inBatches(limit, (most) => sweep(sql, before, most)),
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

const due = statement<{ now: number; limit: number }, OutboxTable>((db, { now, limit }) =>
  db
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', 'waiting')
    .where('next_try_at', '<=', now)
    .orderBy('next_try_at')
    .limit(limit),
);
const lease = statement<{ id: string; seen: number; until: number }>((db, { id, seen, until }) =>
  db
    .updateTable('outbox')
    .set({ next_try_at: until })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .where('next_try_at', '=', seen),
);

/** Each due mail goes to the one whose update still finds it as it was read. */
async function claim(sql: Sql, now: number, leaseUntil: number, limit: number): Promise<OutboxMail[]> {
  const mine: OutboxMail[] = [];
  for (const row of (await due(sql, { now, limit })).rows) {
    const won = await affected(lease(sql, { id: row.id, seen: row.next_try_at, until: leaseUntil }));
    if (won) mine.push(mailOf({ ...row, next_try_at: leaseUntil }));
  }
  return mine;
}

async function set(sql: Sql, id: string, values: Partial<OutboxTable>): Promise<void> {
  await sql.db.updateTable('outbox').set(values).where('id', '=', id).execute();
}

/** A mail that was sent stays sent. */
async function failed(sql: Sql, id: string, values: Partial<OutboxTable>): Promise<void> {
  await sql.db
    .updateTable('outbox')
    .set((row) => ({ ...values, attempts: row('attempts', '+', 1) }))
    .where('id', '=', id)
    .where('state', '!=', 'sent')
    .execute();
}

async function list(sql: Sql, query: { state?: OutboxMail['state']; limit?: number; offset?: number }) {
  const { limit, offset } = page(query);
  const rows = await sql.db
    .selectFrom('outbox')
    .selectAll()
    .$if(query.state !== undefined, (select) => select.where('state', '=', query.state!))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(mailOf);
}

/** Finished ones only: what still waits is never dropped. */
async function sweep(sql: Sql, before: number, limit: number): Promise<number> {
  const old = await sql.db
    .selectFrom('outbox')
    .select('id')
    .where('state', '!=', 'waiting')
    .where('created_at', '<', before)
    .limit(limit)
    .execute();
  if (old.length === 0) return 0;
  const ids = old.map(({ id }) => id);
  const query = sql.db.deleteFrom('outbox').where('id', 'in', ids).where('state', '!=', 'waiting');
  return Number((await query.executeTakeFirst()).numDeletedRows);
}
