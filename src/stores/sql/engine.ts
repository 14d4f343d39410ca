import type {
  Dialect,
  Expression,
  InsertQueryBuilder,
  InsertResult,
  Kysely,
  QueryResult,
  RawBuilder,
  SqlBool,
  Transaction,
} from 'kysely';
import type { Clock } from '../../auth/services.js';
import { StoreUnavailable } from '../contract.js';
import type { Tables } from './schema.js';

/** Everything in which the database engines differ. One file per engine fulfils it; nothing else asks which engine it is. */
export interface Engine {
  readonly name: 'sqlite' | 'postgres' | 'mysql';
  readonly dialect: Dialect;
  /** after the version of the schema was found acceptable and before anything is written */
  adopt(db: Kysely<Tables>): Promise<void>;
  /** afterwards everything is `StoreUnavailable` */
  close(): Promise<void>;
  /** column types for the migrations */
  readonly types: ColumnTypes;
  /** makes of the driver's error what the contract promises (`StoreUnavailable`), or answers it unchanged */
  translate(error: unknown): unknown;
  /** the index or column whose uniqueness was hurt; undefined = another error */
  uniqueViolation(error: unknown): string | undefined;
  /** the transaction lost against another one and may simply be tried again */
  lostRace(error: unknown): boolean;
  /** runs the insert and answers the number the database gave */
  insertedId(insert: Insert<'users'>): Promise<number>;
  /** the next row of the empty table gets this number */
  numberFrom(db: Sql['db'], table: 'users' | 'groups', id: number): Promise<void>;
  /** inserts what is not there yet; a row with the same unique key stays as it is */
  insertMissing<T extends keyof Tables>(insert: Insert<T>): Insert<T>;
  /** inserts, or puts the values in the place of the row with the same unique key */
  replacing<T extends keyof Tables>(insert: Insert<T>, key: string[], values: object): Insert<T>;
  /** `column` is one of `values`, as a single parameter; the embedded database is asked for each by itself */
  among?(column: string, values: readonly unknown[]): Expression<SqlBool>;
  /** an index may leave out rows */
  readonly partialIndexes: boolean;
  /** orders by the column's values without walking an index on it: right where few of many rows are wanted */
  sorted(column: string): Expression<unknown>;
  /** a number that a column of JSON text holds under `name` */
  numberIn(column: string, name: string): Expression<number>;
  /** reads the rows for a change in the same transaction */
  locked<Q>(select: Q): Q;
  /** deletes up to `most` of the rows for which `over` holds, in one statement */
  deleteSome(rows: SomeRows): RawBuilder<unknown>;
  /** takes a point of a counter, atomically; see `CountUp` */
  countUp(sql: Sql, count: CountUp): Promise<{ points: number; expiresAt: number }>;
  /** how long a transaction may stay open */
  readonly transactionMs: number;
  /** statements beyond the portable schema, after the first migration */
  extras(db: Kysely<Tables>): Promise<void>;
  /** the embedded database answers at once, on the same thread */
  readonly local?: LocalDatabase;
}

type Insert<T extends keyof Tables> = InsertQueryBuilder<Tables, T, InsertResult>;

/** A row that another process holds meanwhile stays, or `over` is asked for again of it. */
export interface SomeRows {
  table: keyof Tables;
  key: string;
  over: RawBuilder<SqlBool>;
  most: number;
}

/** One point more, up to one over `capacity`; a window that is over begins anew and ends at `expiresAt`. */
export interface CountUp {
  key: string;
  name: string;
  capacity: number;
  now: number;
  expiresAt: number;
}

type ColumnType = RawBuilder<unknown>;
export interface ColumnTypes {
  /** numbers itself; a number is never given twice, so that no left-over row can fall to a new user */
  id: ColumnType;
  reference: ColumnType;
  integer: ColumnType;
  small: ColumnType;
  /** short, compared byte by byte, part of an index */
  key: ColumnType;
  /** what a user typed, as it is compared */
  name: ColumnType;
  text: ColumnType;
}

/** Does a statement at once; answers its rows. */
export type Ask = (bound: { text: string; parameters: readonly unknown[] }) => unknown[];

export interface LocalDatabase {
  rows(sql: string, parameters: readonly unknown[]): unknown[];
  /** the first row as a list of values */
  row(sql: string, parameters: readonly unknown[]): unknown[] | undefined;
  /** every row as a list of values */
  lists(sql: string, parameters: readonly unknown[]): unknown[][];
  /** one statement, committed with the others of this turn; `later` = how it is done while a transaction is open */
  write(
    sql: string,
    parameters: readonly unknown[],
    later: () => Promise<QueryResult<unknown>>,
  ): Promise<QueryResult<unknown>>;
  /** brings what was committed from the log into the file, where nobody is in the way */
  writeBack(): void;
  /** several statements as one, all or nothing, committed with the others of this turn; `later` as above */
  step<T>(work: (ask: Ask) => T, later: () => Promise<T>): Promise<T>;
  /** while one is open only its own statements may read: what it did is not decided yet */
  readonly transactionOpen: boolean;
  /** differs when another process committed something since; undefined = no other process can */
  readonly dataVersion: (() => unknown) | undefined;
}

/** What the stores work with: the database or an open transaction. */
export interface Sql {
  readonly db: Kysely<Tables> | Transaction<Tables>;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly transaction: boolean;
}

/** The embedded database may be read right now, without waiting. */
export const answersAtOnce = ({ engine, transaction }: Sql): boolean =>
  engine.local !== undefined && !transaction && !engine.local.transactionOpen;

/** All of `work` or nothing. Inside a transaction it joins it. */
export async function inTransaction<T>(sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  if (sql.transaction) return work(sql);
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact(sql, work);
    } catch (error) {
      if (attempt >= 10 || !sql.engine.lostRace(error)) throw error;
    }
  }
}

async function transact<T>(sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  const db = await sql.db.startTransaction().execute();
  try {
    const result = await inTime(work({ ...sql, db, transaction: true }), sql.engine.transactionMs);
    await db.commit().execute();
    return result;
  } catch (error) {
    // the first error is the story; a connection that cannot even roll back is thrown away by the driver
    await db
      .rollback()
      .execute()
      .catch(() => {});
    throw error;
  }
}

/** Work that waits for something else, or for a store outside its own transaction, must not lock out everybody. */
async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailable(`a transaction took over ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
