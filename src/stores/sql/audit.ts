import { sql as raw } from 'kysely';
import type { AuditEntry, AuditStore, Tally } from '../contract.js';
import { answersAtOnce, inTransaction, type Ask, type Sql } from './engine.js';
import { fromJson, page, toJson } from './portable.js';
import type { AuditTable } from './schema.js';
import { statement } from './statement.js';

export function createAudit(sql: Sql): AuditStore {
  return {
    append: sql.transaction ? (entry, seal) => appendNow(sql, entry, seal) : createQueue(sql),
    query: (query) => select(sql, query),
    count: () => count(sql),
    tally: (query) => tally(sql, query),
    cap: (keep, limit) => inTransaction(sql, (sql) => cap(sql, keep, limit)),
    head: () => sql.db.selectFrom('audit_head').select(['last', 'hash']).executeTakeFirstOrThrow(),
    anchor: async () => (await sql.db.selectFrom('audit_head').select('anchor').executeTakeFirstOrThrow()).anchor,
  };
}

interface Head {
  last: number;
  hash: string;
}

type Seal = Parameters<AuditStore['append']>[1];

interface Waiting {
  entry: Omit<AuditEntry, 'id' | 'hash'>;
  seal: Seal;
  resolve(): void;
  reject(error: unknown): void;
}

/** Lines that come while others are being written are written together: one transaction, one commit. */
function createQueue(sql: Sql): AuditStore['append'] {
  let waiting: Waiting[] = [];
  let working = false;
  const work = async () => {
    working = true;
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      await writeTogether(sql, lines).then(
        (sealed) => lines.forEach((line) => (sealed.has(line) ? line.resolve() : undefined)),
        (error: unknown) => lines.forEach((line) => line.reject(error)),
      );
    }
    working = false;
  };
  return (entry, seal) =>
    new Promise((resolve, reject) => {
      waiting.push({ entry, seal, resolve, reject });
      if (!working) void work();
    });
}

/** Within the caller's transaction. */
async function appendNow(sql: Sql, entry: Waiting['entry'], seal: Seal): Promise<void> {
  let failure: unknown;
  const line: Waiting = { entry, seal, resolve: () => {}, reject: (error) => (failure = error) };
  const sealed = await write(sql, [line]);
  if (!sealed.has(line)) throw failure;
}

/** The head is one row; whoever holds it writes the next lines, so the chain has neither gap nor fork. */
const holdHead = statement<object, Head>((db, _, engine) =>
  engine.locked(db.selectFrom('audit_head').select(['last', 'hash'])),
);
const advance = statement<Head>((db, { last, hash }) => db.updateTable('audit_head').set({ last, hash }));
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

/** Where the database answers at once, in the same commit as whatever else is written in this turn. */
function writeTogether(sql: Sql, lines: Waiting[]): Promise<Set<Waiting>> {
  const inOwn = () => inTransaction(sql, (sql) => write(sql, lines));
  return answersAtOnce(sql) ? sql.engine.local!.step((ask) => writeNow(sql, ask, lines), inOwn) : inOwn();
}

async function write(sql: Sql, lines: Waiting[]): Promise<Set<Waiting>> {
  const { sealed, rows, head } = chained(lines, (await holdHead(sql, {})).rows[0]!);
  if (rows.length > 0) {
    await insertRows(sql, rows);
    await advance(sql, head);
  }
  return sealed;
}

function writeNow(sql: Sql, ask: Ask, lines: Waiting[]): Set<Waiting> {
  const { sealed, rows, head } = chained(lines, ask(holdHead.bound(sql, {}))[0] as Head);
  for (const row of rows) ask(insert.bound(sql, row));
  if (rows.length > 0) ask(advance.bound(sql, head));
  return sealed;
}

/** Seals one line after the other; who cannot be sealed is left out. */
function chained(lines: Waiting[], head: Head): { sealed: Set<Waiting>; rows: AuditTable[]; head: Head } {
  let { last, hash } = head;
  const sealed = new Map<Waiting, AuditTable>();
  for (const line of lines) {
    const next = attemptSeal(line, hash, last + 1);
    if (next === undefined) continue;
    [last, hash] = [last + 1, next];
    sealed.set(line, { ...rowOf(line.entry), id: last, hash });
  }
  return { sealed: new Set(sealed.keys()), rows: [...sealed.values()], head: { last, hash } };
}

/** A line that cannot be sealed fails alone. */
function attemptSeal({ seal, reject }: Waiting, previous: string, id: number): string | undefined {
  try {
    return seal(previous, id);
  } catch (error) {
    reject(error);
    return undefined;
  }
}

async function insertRows(sql: Sql, rows: AuditTable[]): Promise<void> {
  const [only, ...others] = rows;
  if (only && others.length === 0) await insert(sql, only);
  else await sql.db.insertInto('audit').values(rows).execute();
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

const ends = statement<object, { last: number; oldest: number | null }>((db) =>
  db.selectFrom('audit_head').select(({ selectFrom }) => [
    'last',
    selectFrom('audit')
      .select(({ fn }) => fn.min('id').as('id'))
      .as('oldest'),
  ]),
);

/** There are no gaps, so nothing needs to be counted. */
async function count(sql: Sql): Promise<number> {
  const { last, oldest } = (await ends(sql, {})).rows[0]!;
  return oldest === null ? 0 : last - oldest + 1;
}

async function tally(sql: Sql, { types, since, span }: Parameters<AuditStore['tally']>[0]): Promise<Tally[]> {
  const from = raw<number | string>`${raw.ref('at')} - ${raw.ref('at')} % ${raw.lit(span)}`;
  const each = raw<number | string>`sum(coalesce(${sql.engine.numberIn('detail', 'times')}, 1))`;
  const rows = await sql.db
    .selectFrom('audit')
    .select(['type', from.as('from'), each.as('times')])
    .where('at', '>=', since)
    .where('type', 'in', types)
    .groupBy(['type', from])
    .execute();
  return rows.map(({ type, ...numbers }) => ({ type, from: Number(numbers.from), times: Number(numbers.times) }));
}

async function cap(sql: Sql, keep: number, limit: number): Promise<number> {
  const { last } = (await holdHead(sql, {})).rows[0]!;
  const oldest = await sql.db.selectFrom('audit').select('id').orderBy('id').limit(1).executeTakeFirst();
  if (!oldest) return 0;
  const end = Math.min(last - keep, oldest.id + limit - 1);
  const fallen = await sql.db.selectFrom('audit').select('hash').where('id', '=', end).executeTakeFirst();
  if (end < oldest.id || !fallen) return 0;
  const { numDeletedRows } = await sql.db.deleteFrom('audit').where('id', '<=', end).executeTakeFirst();
  await sql.db.updateTable('audit_head').set({ anchor: fallen.hash }).execute();
  return Number(numDeletedRows);
}
