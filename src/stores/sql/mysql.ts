import { MysqlDialect, sql as raw, type MysqlPoolConnection, type MysqlQueryResult, type SqlBool } from 'kysely';
import type { Pool, PoolConnection, TypeCastField } from 'mysql2';
import { StoreUnavailable } from '../contract.js';
import { counted } from './count-up.js';
import type { CountUp, Engine, Sql } from './engine.js';
import { guarded } from './guard.js';
import { codeOf, messageOf, mistake, patienceWithServer, Refused, shown, tlsOptions, type Limits } from './network.js';
import { statement } from './statement.js';

/** MariaDB 10.11 and later, MySQL 8. The driver is loaded only when a URL asks for it. */
export async function openMysql(url: URL, limits: Limits): Promise<Engine> {
  const pool = await openPool(url, limits);
  const place = shown(url);
  const translate = (error: unknown) => translateError(error, place);
  let closed: Promise<void> | undefined;
  return {
    name: 'mysql',
    dialect: guarded(new MysqlDialect({ pool: askedPool(pool, limits) }), {
      translate,
      patience: { milliseconds: limits.statementTimeoutMs, helps: lostRace },
    }),
    adopt: async () => {},
    close: () => (closed ??= pool.promise().end()),
    types: {
      id: raw`integer auto_increment primary key`,
      reference: raw`integer`,
      integer: raw`bigint`,
      small: raw`smallint`,
      // bytes: no collation that takes é for e, and no padding that takes "alice " for "alice"
      key: raw`varbinary(255)`,
      name: raw`varbinary(1020)`,
      text: raw`mediumtext character set utf8mb4 collate utf8mb4_bin`,
    },
    transactionMs: 2 * limits.statementTimeoutMs,
    translate,
    uniqueViolation: (error) =>
      codeOf(error) === 'ER_DUP_ENTRY' ? /for key '([^']*)'$/.exec(messageOf(error))?.[1] : undefined,
    lostRace,
    insertedId: async (insert) => Number((await insert.executeTakeFirstOrThrow()).insertId),
    numberFrom: async (db, table, id) =>
      void (await raw`alter table ${raw.table(table)} auto_increment = ${raw.lit(id)}`.execute(db)),
    insertMissing: (insert) => insert.ignore(),
    replacing: (insert, _key, values) => insert.onDuplicateKeyUpdate(values),
    among: (column, values) => raw<SqlBool>`${raw.ref(column)} in (${values})`,
    partialIndexes: false,
    sorted: (column) => raw.ref(column),
    numberIn: (column, name) => raw`json_value(${raw.ref(column)}, ${`$.${name}`})`,
    locked: (select) => (select as { forUpdate(): typeof select }).forUpdate(),
    deleteSome: ({ table, over, most }) => raw`delete from ${raw.table(table)} where ${over} limit ${most}`,
    countUp,
    extras: async () => {},
  };
}

/**
 * What the driver and the statements rely on, whatever the server's defaults: escaping with backslashes, no silent
 * truncation, and reads that see what was committed last.
 */
const manners = (limits: Limits) => [
  `set session sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
  'set session transaction isolation level read committed',
  `set session innodb_lock_wait_timeout = ${Math.max(1, Math.ceil(limits.statementTimeoutMs / 1000))}`,
];
/** MariaDB's, and MySQL's, which is for reads only; neither knows the other's name. */
const timeLimits = ({ statementTimeoutMs }: Limits) => [
  `set session max_statement_time = ${statementTimeoutMs / 1000}`,
  `set session max_execution_time = ${statementTimeoutMs}`,
];

async function openPool(url: URL, limits: Limits): Promise<Pool> {
  const { default: mysql } = await import('mysql2').catch(() => {
    throw mistake('MariaDB and MySQL need the package "mysql2"; install it with: npm install mysql2');
  });
  const { ssl } = tlsOptions(url, limits.tls, ['ssl']);
  const pool = mysql.createPool({
    uri: url.href,
    ...(ssl && { ssl }),
    connectionLimit: limits.poolSize,
    maxIdle: limits.poolSize,
    idleTimeout: 60_000,
    queueLimit: 1000,
    connectTimeout: limits.connectTimeoutMs,
    enableKeepAlive: true,
    charset: 'utf8mb4',
    // names and keys are stored as bytes and are text
    typeCast: (field: TypeCastField, next: () => unknown) =>
      field.type === 'VAR_STRING' ? field.string('utf8') : next(),
  });
  pool.on('connection', (connection) => {
    for (const text of manners(limits)) connection.query(text, (error) => error && connection.destroy());
    for (const text of timeLimits(limits)) connection.query(text, () => {});
  });
  return pool;
}

/** The pool as kysely sees it. The driver itself waits for ever: for a free connection, and for an answer. */
function askedPool(pool: Pool, limits: Limits) {
  const known = new WeakMap<PoolConnection, MysqlPoolConnection>();
  const ask = (connection: PoolConnection) => {
    let asked = known.get(connection);
    if (!asked) known.set(connection, (asked = askedConnection(connection, patienceWithServer(limits))));
    return asked;
  };
  return {
    getConnection(callback: (error: unknown, connection: MysqlPoolConnection) => void) {
      let waiting = true;
      const answer = (error: unknown, connection?: PoolConnection) => {
        clearTimeout(impatience);
        // too late: nobody waits for it any more
        if (!waiting) return connection?.release();
        waiting = false;
        callback(error, connection ? ask(connection) : (undefined as never));
      };
      const impatience = setTimeout(
        () => answer(new StoreUnavailable('no database connection is free')),
        limits.connectTimeoutMs,
      );
      pool.getConnection((error, connection) => answer(error, connection));
    },
    end: (callback: (error: unknown) => void) => pool.end(callback),
  };
}

type Answered = (error: unknown, result: MysqlQueryResult) => void;

function askedConnection(connection: PoolConnection, patienceMs: number): MysqlPoolConnection {
  const query = (text: string, parameters: unknown[], callback: Answered) => {
    // the driver forgets the callbacks of a connection that is destroyed
    const giveUp = () => {
      connection.destroy();
      callback(new StoreUnavailable('the database does not answer'), []);
    };
    const impatience = setTimeout(giveUp, patienceMs);
    connection.query(text, parameters, (error, result) => {
      clearTimeout(impatience);
      callback(error, result as unknown as MysqlQueryResult);
    });
  };
  return {
    config: connection.config,
    threadId: connection.threadId,
    connect: () => {},
    destroy: () => connection.destroy(),
    release: () => connection.release(),
    query: query as MysqlPoolConnection['query'],
  };
}

/** There is no RETURNING; LAST_INSERT_ID(value) carries the count back with the statement that counted. */
const upsert = statement<CountUp>((db, count) => {
  const { points, ...rest } = counted(count);
  return db
    .insertInto('counters')
    .values({
      key: count.key,
      name: count.name,
      points: raw<number>`last_insert_id(1)`,
      capacity: count.capacity,
      is_full: raw<number>`case when 1 >= ${count.capacity} then 1 else 0 end`,
      expires_at: count.expiresAt,
    })
    .onDuplicateKeyUpdate({
      capacity: rest.capacity,
      is_full: rest.is_full,
      points: raw<number>`last_insert_id(${points})`,
      expires_at: rest.expires_at,
    });
});
const ending = statement<{ key: string }, { expiresAt: number }>((db, { key }) =>
  db.selectFrom('counters').select('expires_at as expiresAt').where('key', '=', key),
);

async function countUp(sql: Sql, count: CountUp): Promise<{ points: number; expiresAt: number }> {
  const { insertId } = await upsert(sql, count);
  const row = (await ending(sql, { key: count.key })).rows[0];
  return { points: Number(insertId), expiresAt: row?.expiresAt ?? count.expiresAt };
}

/** Deadlock, and MariaDB's "record has changed since last read". */
const lostRace = (error: unknown): boolean => /^ER_(LOCK_DEADLOCK|CHECKREAD)$/.test(codeOf(error));

/** Mistakes in a statement or its values are ours; with everything else the database is not there for us. */
const ours =
  /^ER_(DUP_ENTRY|PARSE_ERROR|BAD_FIELD|NO_SUCH_TABLE|TABLE_EXISTS|DATA_TOO_LONG|NO_REFERENCED_ROW|ROW_IS_REFERENCED|WARN_DATA|TRUNCATED|BAD_NULL|NO_DEFAULT|DUP_|CANT_|TOO_|WRONG_|INVALID_)/;
const refused = /^ER_(ACCESS_DENIED|DBACCESS_DENIED|BAD_DB|NOT_SUPPORTED_AUTH)/;

function translateError(error: unknown, place: string): unknown {
  const code = codeOf(error);
  if (error instanceof StoreUnavailable || ours.test(code)) return error;
  if (refused.test(code)) return new Refused(`${place} refuses us: ${messageOf(error)}`, { cause: error });
  return new StoreUnavailable(`${place}: ${messageOf(error)}`, { cause: error });
}
