import { randomUUID } from 'node:crypto';
import { sql as raw, type Insertable, type Kysely, type SelectQueryBuilder } from 'kysely';
import { batched } from '../batch.js';
import {
  Taken,
  type Group,
  type NewUser,
  type User,
  type UserPatch,
  type UserQuery,
  type UserStore,
} from '../contract.js';
import { answersAtOnce, inTransaction, type Sql } from './engine.js';
import type { Memory } from './memory.js';
import { affected, containing, page } from './portable.js';
import type { Tables, UsersTable } from './schema.js';
import { statement } from './statement.js';

/** `gone`: a user was deleted, and the database deleted what belongs to them. */
export function createUsers(sql: Sql, memory: Memory<number, User>, gone: (id: number) => void): UserStore {
  const single = sql.transaction || sql.engine.local;
  const ask = single ? (id: number) => findOne(sql, id) : batched((ids: number[]) => findMany(sql, ids));
  const changed = async (id: number, change: Promise<boolean>): Promise<boolean> => {
    const done = await change;
    memory.forget(id);
    return done;
  };
  return {
    findById(id) {
      const known = sql.transaction ? undefined : memory.get(id);
      if (known) return known;
      if (answersAtOnce(sql)) return memory.keep(id, readNow(sql, id));
      return ask(id);
    },
    findByUsername: (username) => findByKey(sql, findByUsername, compared(username)),
    findByEmail: (email) => findByKey(sql, findByEmail, compared(email)),
    insert: (user) => asTaken(sql, () => inTransaction(sql, (sql) => insert(sql, user))),
    async update(id, patch) {
      const user = await asTaken(sql, () => inTransaction(sql, (sql) => update(sql, id, patch)));
      memory.forget(id);
      return user;
    },
    replaceHash: (id, expected, hash) => changed(id, affected(replaceHash(sql, { id, expected, hash }))),
    async noteLogin(id, at) {
      await noteLogin(sql, { id, at });
      // every login would otherwise read its whole user again
      const known = sql.transaction ? undefined : memory.get(id);
      if (known) memory.keep(id, Object.freeze({ ...known, lastLogin: at, lastSeen: at }));
      else memory.forget(id);
    },
    lock: (id, until, now) => changed(id, affected(lock(sql, { id, until, now }))),
    async delete(id) {
      const done = await changed(id, affected(remove(sql, { id })));
      gone(id);
      return done;
    },
    list: (query) => list(sql, query),
    count: (query = {}) => count(sql, query),
    groups: () => sql.db.selectFrom('groups').select(['id', 'name']).orderBy('id').execute(),
    async sweepGenerated(nowSeconds, limit) {
      const ids = await inTransaction(sql, (sql) => sweepGenerated(sql, nowSeconds, limit));
      for (const id of ids) {
        memory.forget(id);
        gone(id);
      }
      return ids;
    },
  };
}

/** How names and addresses are compared: NFKC and lower case. */
export const compared = (text: string): string => text.normalize('NFKC').toLowerCase();

type Column = Exclude<keyof User, 'groups'>;
type Row = Record<Exclude<Column, 'id'>, string | number> & { id: number } & {
  groupId: number | null;
  groupName: string | null;
};

const columns: Record<Column, keyof UsersTable> = {
  id: 'id',
  uuid: 'uuid',
  username: 'username',
  email: 'email',
  passwordHash: 'password_hash',
  admin: 'admin',
  disabled: 'disabled',
  verified: 'verified',
  generated: 'generated',
  starttime: 'starttime',
  endtime: 'endtime',
  crdate: 'crdate',
  tstamp: 'tstamp',
  lockedUntil: 'locked_until',
  lastLogin: 'last_login',
  lastSeen: 'last_seen',
  passwordChangedAt: 'password_changed_at',
  language: 'language',
  timezone: 'timezone',
  title: 'title',
  name: 'name',
  firstName: 'first_name',
  middleName: 'middle_name',
  lastName: 'last_name',
  company: 'company',
  address: 'address',
  zip: 'zip',
  city: 'city',
  country: 'country',
  telephone: 'telephone',
  fax: 'fax',
  www: 'www',
};
const names = Object.keys(columns) as Column[];
const flags: ReadonlySet<Column> = new Set(['admin', 'disabled', 'verified', 'generated']);
const selection = [
  ...names.map((name) => `users.${columns[name]} as ${name}`),
  'groups.id as groupId',
  'groups.name as groupName',
] as 'users.id as id'[];
const selected = [...names, 'groupId', 'groupName'];

/** One row per group of each user. */
const people = (db: Kysely<Tables>) =>
  db
    .selectFrom('users')
    .leftJoin('memberships', 'memberships.user_id', 'users.id')
    .leftJoin('groups', 'groups.id', 'memberships.group_id')
    .select(selection)
    .$castTo<Row>()
    .orderBy('groups.id');

const findById = statement<{ id: number }, Row>((db, { id }) => people(db).where('users.id', '=', id));
const findAmong = statement<{ ids: number[] }, Row>((db, { ids }, engine) =>
  people(db).where(engine.among!('users.id', ids)),
);
const findByUsername = statement<{ key: string }, Row>((db, { key }) =>
  people(db).where('users.username_key', '=', key),
);
const findByEmail = statement<{ key: string }, Row>((db, { key }) => people(db).where('users.email_key', '=', key));

const replaceHash = statement<{ id: number; expected: string; hash: string }>((db, { id, expected, hash }) =>
  db.updateTable('users').set({ password_hash: hash }).where('id', '=', id).where('password_hash', '=', expected),
);
const noteLogin = statement<{ id: number; at: number }>((db, { id, at }) =>
  db.updateTable('users').set({ last_login: at, last_seen: at }).where('id', '=', id),
);
const lock = statement<{ id: number; until: number; now: number }>((db, { id, until, now }) =>
  db.updateTable('users').set({ locked_until: until }).where('id', '=', id).where('locked_until', '<=', now),
);
const remove = statement<{ id: number }>((db, { id }) => db.deleteFrom('users').where('id', '=', id));

/** Users are handed out frozen: what is remembered is shared by all who ask. */
function userOf(rows: Row[]): User | undefined {
  const row = rows[0];
  if (!row) return undefined;
  const user: Record<string, unknown> = {};
  for (const name of names) user[name] = flags.has(name) ? row[name] === 1 : row[name];
  user.groups = Object.freeze(rows.flatMap(groupOf));
  return Object.freeze(user) as unknown as User;
}

const groupOf = ({ groupId, groupName }: Row): Group[] =>
  groupId === null ? [] : [Object.freeze({ id: groupId, name: groupName ?? '' })];

function readNow(sql: Sql, id: number): User | undefined {
  return userOf(rowsNow(sql, findById.bound(sql, { id })));
}

async function findByKey(sql: Sql, find: typeof findByUsername, key: string): Promise<User | undefined> {
  if (answersAtOnce(sql)) return userOf(rowsNow(sql, find.bound(sql, { key })));
  return userOf((await find(sql, { key })).rows);
}

/** From lists of values in the order of `selection`: the database makes objects of 35 columns more slowly. */
function rowsNow(sql: Sql, { text, parameters }: ReturnType<typeof findById.bound>): Row[] {
  return sql.engine.local!.lists(text, parameters).map((values) => {
    const row: Record<string, unknown> = {};
    for (const [at, name] of selected.entries()) row[name] = values[at];
    return row as Row;
  });
}

async function insert(sql: Sql, user: NewUser): Promise<User> {
  const { groups = [], ...given } = user;
  const row = { ...blankUser(sql.clock.now()), ...defined(given) };
  const id = await sql.engine.insertedId(sql.db.insertInto('users').values({ ...rowOf(row), ...keysOf(row) }));
  await joinGroups(sql, id, groups);
  return userOf((await findById(sql, { id })).rows)!;
}

async function update(sql: Sql, id: number, patch: UserPatch): Promise<User | undefined> {
  const { groups, ...given } = patch;
  // locked before it is read, so that two changes at once do not compute the keys from each other's past
  const before = await sql.engine.locked(sql.db.selectFrom('users').select('id').where('id', '=', id)).execute();
  if (before.length === 0) return undefined;
  const user = userOf((await findById(sql, { id })).rows)!;
  const changes = { tstamp: seconds(sql.clock.now()), ...defined(given) };
  const row = { ...rowOf(changes), ...keysOf({ ...user, ...changes }) };
  await sql.db.updateTable('users').set(row).where('id', '=', id).execute();
  if (groups) await replaceGroups(sql, id, groups);
  return userOf((await findById(sql, { id })).rows);
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

type Values = Omit<User, 'id' | 'groups'>;

function blankUser(now: number): Omit<Values, 'username' | 'passwordHash'> {
  const texts = names.filter((name) => !flags.has(name)).map((name) => [name, '']);
  return {
    ...(Object.fromEntries(texts) as Values),
    uuid: randomUUID(),
    admin: false,
    disabled: false,
    verified: true,
    generated: false,
    starttime: 0,
    endtime: 0,
    crdate: seconds(now),
    tstamp: seconds(now),
    lockedUntil: 0,
    lastLogin: 0,
    lastSeen: 0,
    passwordChangedAt: now,
  };
}

const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

function rowOf(values: Partial<Values>): Insertable<UsersTable> {
  const known = names.filter((name) => name !== 'id' && name in values) as (keyof Values)[];
  const cell = (value: unknown) => (typeof value === 'boolean' ? Number(value) : value);
  return Object.fromEntries(
    known.map((name) => [columns[name], cell(values[name])]),
  ) as unknown as Insertable<UsersTable>;
}

type Searched = Pick<User, 'username' | 'email' | 'name' | 'firstName' | 'lastName' | 'company'>;

const keysOf = (user: Searched) => ({
  username_key: compared(user.username),
  email_key: compared(user.email) || null,
  search_key: compared([user.username, user.email, user.name, user.firstName, user.lastName, user.company].join('\n')),
});

async function joinGroups(sql: Sql, id: number, groups: string[]): Promise<void> {
  if (groups.length === 0) return;
  const wanted = [...new Set(groups)];
  await sql.engine.insertMissing(sql.db.insertInto('groups').values(wanted.map((name) => ({ name })))).execute();
  const rows = await sql.db.selectFrom('groups').select('id').where('name', 'in', wanted).execute();
  await sql.db
    .insertInto('memberships')
    .values(rows.map((group) => ({ user_id: id, group_id: group.id })))
    .execute();
}

async function replaceGroups(sql: Sql, id: number, groups: string[]): Promise<void> {
  await sql.db.deleteFrom('memberships').where('user_id', '=', id).execute();
  await joinGroups(sql, id, groups);
}

async function asTaken<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const index = sql.engine.uniqueViolation(error);
    if (index?.includes('username')) throw new Taken('username');
    if (index?.includes('email')) throw new Taken('email');
    throw error;
  }
}

/** First the page's ids, then the people: joining before cutting would read everybody. */
async function list(sql: Sql, query: UserQuery): Promise<User[]> {
  const direction = query.descending ? 'desc' : 'asc';
  const { limit, offset } = page(query);
  let select = filtered(sql, query).select('id').limit(limit).offset(offset);
  for (const column of orders[query.order ?? 'id']) select = select.orderBy(orderedBy(sql, query, column), direction);
  return usersOf(
    sql,
    (await select.execute()).map(({ id }) => id),
  );
}

const orders = { id: ['id'], username: ['username_key'], lastLogin: ['last_login', 'id'] } as const;

/** Few of many: find them first, then sort. Everybody: walk the index and stop after the page. */
function orderedBy(sql: Sql, { search, state }: UserQuery, column: 'id' | 'username_key' | 'last_login') {
  const few = Boolean(search) || state === 'locked';
  return few ? sql.engine.sorted(column) : raw.ref(column);
}

async function usersOf(sql: Sql, ids: number[]): Promise<User[]> {
  if (ids.length === 0) return [];
  const users = usersById(await people(sql.db).where('users.id', 'in', ids).execute());
  return ids.flatMap((id) => users.get(id) ?? []);
}

async function findOne(sql: Sql, id: number): Promise<User | undefined> {
  return userOf((await findById(sql, { id })).rows);
}

async function findMany(sql: Sql, ids: number[]): Promise<Map<number, User>> {
  const { rows } = ids.length === 1 ? await findById(sql, { id: ids[0]! }) : await findAmong(sql, { ids });
  return usersById(rows);
}

function usersById(rows: Row[]): Map<number, User> {
  const rowsOf = new Map<number, Row[]>();
  for (const row of rows) {
    const known = rowsOf.get(row.id);
    if (known) known.push(row);
    else rowsOf.set(row.id, [row]);
  }
  return new Map([...rowsOf].map(([id, own]) => [id, userOf(own)!]));
}

async function count(sql: Sql, query: UserQuery): Promise<number> {
  const { total } = await filtered(sql, query)
    .select((build) => build.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

type Selection = SelectQueryBuilder<Tables, 'users', object>;

function filtered(sql: Sql, query: UserQuery): Selection {
  const users: Selection = sql.db.selectFrom('users');
  const search = compared(query.search ?? '').trim();
  return users
    .$if(search !== '', (select) => select.where(containing('search_key', search)))
    .$if(query.state === 'active', (select) => select.where('disabled', '=', 0))
    .$if(query.state === 'disabled', (select) => select.where('disabled', '=', 1))
    .$if(query.state === 'locked', (select) => select.where('locked_until', '>', query.now ?? sql.clock.now()));
}

async function sweepGenerated(sql: Sql, nowSeconds: number, limit: number): Promise<number[]> {
  const over = sql.db
    .selectFrom('users')
    .select('id')
    .where('generated', '=', 1)
    .where('endtime', '>', 0)
    .where('endtime', '<=', nowSeconds)
    .limit(limit);
  const ids = (await sql.engine.locked(over).execute()).map(({ id }) => id);
  if (ids.length > 0) await sql.db.deleteFrom('users').where('id', 'in', ids).execute();
  return ids;
}
