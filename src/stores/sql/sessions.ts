import { sql as raw, type SqlBool } from 'kysely';
import { batched } from '../batch.js';
import type { Session, SessionStore } from '../contract.js';
import { answersAtOnce, type Sql } from './engine.js';
import type { Memory } from './memory.js';
import { affected, deleteSome, fromJson, inBatches, page, sharedText, toJson } from './portable.js';
import type { SessionsTable } from './schema.js';
import { statement } from './statement.js';

export function createSessions(sql: Sql, memory: Memory<string, Session>): SessionStore {
  const changed = async (key: string, change: Promise<boolean>): Promise<boolean> => {
    const done = await change;
    memory.forget(key);
    return done;
  };
  const single = sql.transaction || sql.engine.local;
  const ask = single ? (key: string) => findOne(sql, key) : batched((keys: string[]) => findMany(sql, keys));
  return {
    async insert(session) {
      await insert(sql, rowOf(session));
    },
    find(key) {
      const known = sql.transaction ? undefined : memory.get(key);
      // another process may have moved the expiry, which does not empty the memory: look again before calling it over
      if (known && known.expiresAt > sql.clock.now()) return known;
      if (answersAtOnce(sql)) return memory.keep(key, readNow(sql, key));
      return ask(key);
    },
    touch: (key, lastSeenAt, expiresAt) => changed(key, affected(touch(sql, { key, lastSeenAt, expiresAt }))),
    replaceData: (key, data) => changed(key, affected(replaceData(sql, { key, data: toJson(data) }))),
    authenticated: (key, at) => changed(key, affected(authenticated(sql, { key, at }))),
    delete: (key) => changed(key, affected(remove(sql, { key }))),
    async deleteOfUser(userId, exceptKey = '') {
      const { numAffectedRows = 0n } = await removeOfUser(sql, { userId, exceptKey });
      memory.forgetWhere((session) => session.userId === userId || session.actorId === userId);
      return Number(numAffectedRows);
    },
    ofUser: async (userId, now) => (await ofUser(sql, { userId, now })).rows.map(sessionOf),
    async list({ now, ...query }) {
      return (await list(sql, { now, ...page(query) })).rows.map(sessionOf);
    },
    count: async (now) => (await count(sql, { now })).rows[0]!.total,
    sweep: (now, limit) =>
      inBatches(sql, limit, (most) => deleteSome(sql, { table: 'sessions', key: 'key', over: over(now), most })),
  };
}

const columns = [
  ...(['key', 'user_id', 'actor_id', 'actor_key', 'remember', 'created_at', 'last_seen_at', 'expires_at'] as const),
  ...(['absolute_expires_at', 'authenticated_at', 'address', 'user_agent', 'data'] as const),
];

const insert = statement<SessionsTable>((db, parameters) =>
  db
    .insertInto('sessions')
    .values(Object.fromEntries(columns.map((name) => [name, parameters[name]])) as unknown as SessionsTable),
);
const find = statement<{ key: string }, SessionsTable>((db, { key }) =>
  db.selectFrom('sessions').select(columns).where('key', '=', key),
);
const findAmong = statement<{ keys: string[] }, SessionsTable>((db, { keys }, engine) =>
  db.selectFrom('sessions').select(columns).where(engine.among!('key', keys)),
);
const touch = statement<{ key: string; lastSeenAt: number; expiresAt: number }>((db, { key, lastSeenAt, expiresAt }) =>
  db.updateTable('sessions').set({ last_seen_at: lastSeenAt, expires_at: expiresAt }).where('key', '=', key),
);
const replaceData = statement<{ key: string; data: string }>((db, { key, data }) =>
  db.updateTable('sessions').set({ data }).where('key', '=', key),
);
const authenticated = statement<{ key: string; at: number }>((db, { key, at }) =>
  db.updateTable('sessions').set({ authenticated_at: at }).where('key', '=', key),
);
const remove = statement<{ key: string }>((db, { key }) => db.deleteFrom('sessions').where('key', '=', key));
/** their own, and those in which they act as somebody else */
const removeOfUser = statement<{ userId: number; exceptKey: string }>((db, { userId, exceptKey }) =>
  db
    .deleteFrom('sessions')
    .where((where) => where.or([where('user_id', '=', userId), where('actor_id', '=', userId)]))
    .where('key', '!=', exceptKey),
);
const ofUser = statement<{ userId: number; now: number }, SessionsTable>((db, { userId, now }) =>
  db
    .selectFrom('sessions')
    .select(columns)
    .where('user_id', '=', userId)
    .where('expires_at', '>', now)
    .orderBy('last_seen_at', 'desc')
    .orderBy('key'),
);
const list = statement<{ now: number; limit: number; offset: number }, SessionsTable>((db, { now, limit, offset }) =>
  db
    .selectFrom('sessions')
    .select(columns)
    .where('expires_at', '>', now)
    .orderBy('last_seen_at', 'desc')
    .orderBy('key')
    .limit(limit)
    .offset(offset),
);
const count = statement<{ now: number }, { total: number }>((db, { now }) =>
  db
    .selectFrom('sessions')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('expires_at', '>', now),
);

const rowOf = (session: Session): SessionsTable => ({
  key: session.key,
  user_id: session.userId || null,
  actor_id: session.actorId ?? null,
  actor_key: session.actorKey ?? null,
  remember: Number(session.remember),
  created_at: session.createdAt,
  last_seen_at: session.lastSeenAt,
  expires_at: session.expiresAt,
  absolute_expires_at: session.absoluteExpiresAt,
  authenticated_at: session.authenticatedAt,
  address: session.address,
  user_agent: session.userAgent,
  data: toJson(session.data),
});

const once = sharedText(1000);

type Values = [
  ...[key: string, userId: number | null, actorId: number | null, actorKey: string | null, remember: number],
  ...[createdAt: number, lastSeenAt: number, expiresAt: number, absoluteExpiresAt: number, authenticatedAt: number],
  ...[address: string, userAgent: string, data: string],
];

/** As the contract has it. */
export const sessionOf = (row: SessionsTable): Session => sessionOfValues(columns.map((name) => row[name]) as Values);

/** From the values in the order of `columns`. Handed out frozen: what is remembered is shared by all who ask. */
const sessionOfValues = (values: Values): Session =>
  Object.freeze({
    key: values[0],
    userId: values[1] ?? 0,
    actorId: values[2] ?? undefined,
    actorKey: values[3] ?? undefined,
    remember: values[4] === 1,
    createdAt: values[5],
    lastSeenAt: values[6],
    expiresAt: values[7],
    absoluteExpiresAt: values[8],
    authenticatedAt: values[9],
    address: once(values[10]),
    userAgent: once(values[11]),
    data: fromJson(values[12]),
  });

function readNow(sql: Sql, key: string): Session | undefined {
  const { text, parameters } = find.bound(sql, { key });
  const values = sql.engine.local!.row(text, parameters);
  // the key as it was asked for: the copy that the database hands out would be remembered besides it
  return values && sessionOfValues([key, ...values.slice(1)] as Values);
}

async function findOne(sql: Sql, key: string): Promise<Session | undefined> {
  return (await find(sql, { key })).rows.map(sessionOf)[0];
}

async function findMany(sql: Sql, keys: string[]): Promise<Map<string, Session>> {
  const { rows } = keys.length === 1 ? await find(sql, { key: keys[0]! }) : await findAmong(sql, { keys });
  return new Map(rows.map((row) => [row.key, sessionOf(row)]));
}

const over = (now: number) => raw<SqlBool>`expires_at <= ${now}`;
