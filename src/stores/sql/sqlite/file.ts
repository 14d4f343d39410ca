import type { SqliteStatement } from 'kysely';
import Database from 'libsql';
import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../../lib/folder.js';
import { StoreUnavailable } from '../../contract.js';
import { mistake, openingMistake } from './errors.js';

/** One connection to the file. Statements are prepared once; transactions take the write lock at their start. */
export interface File {
  prepare(text: string): SqliteStatement;
  /** the same statement each time, prepared once; `arrays` answers rows as lists of values, which costs half */
  statement(text: string): Database.Statement;
  arrays(text: string): Database.Statement;
  /** all of `work`, at once; a transaction must not be open already */
  together<T>(work: () => T): T;
  /** all of `work`, or nothing of it, within what is open */
  step<T>(work: () => T): T;
  dataVersion(): unknown;
  readonly transactionOpen: boolean;
  /** false once SQLite gave the open transaction up by itself, on a full disk for example */
  transactionAlive(): boolean;
  close(): void;
}

export function openFile(path: string): File {
  const database = openDatabase(path);
  const statement = statementCache((text) => database.prepare(text));
  const arrays = statementCache((text) => database.prepare(text).raw());
  const version = database.prepare('pragma data_version').raw();
  let transactionOpen = false;
  // SQLite itself rolls back when the disk is full; what follows must not be committed one by one
  const stillOpen = () => {
    if (transactionOpen && !database.inTransaction) throw new StoreUnavailable('the transaction was rolled back');
  };
  const begin = () => {
    database.exec('begin immediate');
    transactionOpen = true;
  };
  const commit = () => {
    stillOpen();
    database.exec('commit');
    transactionOpen = false;
  };
  const rollback = () => {
    if (database.inTransaction) database.exec('rollback');
    transactionOpen = false;
  };
  const controls: Record<string, () => void> = { begin, commit, rollback };
  return {
    prepare(text) {
      const control = controls[text];
      if (control) return controlStatement(control);
      stillOpen();
      const prepared = statement(text);
      return {
        reader: prepared.reader,
        all: (parameters) => prepared.all([...parameters]),
        run: (parameters) => prepared.run([...parameters]),
        iterate: (parameters) => prepared.iterate([...parameters]),
      };
    },
    statement,
    arrays,
    together(work) {
      begin();
      try {
        const result = work();
        commit();
        return result;
      } catch (error) {
        rollback();
        throw error;
      }
    },
    step(work) {
      statement('savepoint step').run();
      try {
        const result = work();
        statement('release step').run();
        return result;
      } catch (error) {
        if (database.inTransaction) for (const text of ['rollback to step', 'release step']) statement(text).run();
        throw error;
      }
    },
    dataVersion: () => (version.get([]) as unknown[])[0],
    transactionAlive: () => database.inTransaction,
    get transactionOpen() {
      return transactionOpen;
    },
    close() {
      if (!database.open) return;
      // the library leaves the write-ahead log behind; a closed database is one file
      if (path !== ':memory:') tolerate(() => database.exec('pragma wal_checkpoint(truncate)'));
      database.close();
    },
  };
}

function controlStatement(control: () => void): SqliteStatement {
  const run = () => {
    control();
    return { changes: 0, lastInsertRowid: 0 };
  };
  return { reader: false, run, all: () => [], iterate: () => [][Symbol.iterator]() };
}

/** Preparing costs more than running. Bounded, because lists of values make statements of any length. */
function statementCache(make: (text: string) => Database.Statement): (text: string) => Database.Statement {
  const most = 500;
  const known = new Map<string, Database.Statement>();
  return (text) => {
    const found = known.get(text);
    if (found) return found;
    if (known.size >= most) known.clear();
    const made = make(text);
    known.set(text, made);
    return made;
  };
}

/** Everything that can be wrong with the file is found here, before anything is written to it. */
function openDatabase(path: string): Database.Database {
  if (path !== ':memory:') checkFile(path);
  const database = attemptOpen(path, () => new Database(path));
  attemptOpen(path, () => {
    database.pragma('busy_timeout = 5000');
    database.prepare('select count(*) from sqlite_master').get();
    database.pragma('foreign_keys = on');
  });
  return database;
}

function checkFile(path: string): void {
  const folder = dirname(path);
  const there = existsSync(path);
  try {
    if (!there) createFile(path);
    accessSync(folder, constants.W_OK);
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch {
    const what = there ? `the database ${path}, or its folder, is read-only` : `${folder} cannot be written to`;
    throw mistake(`${what} for the user this server runs as`);
  }
  if (there && !statSync(path).isFile()) throw mistake(`${path} is not a file`);
}

/** Nobody else needs to read password hashes; SQLite gives its log the same rights. */
function createFile(path: string): void {
  makeFolder(dirname(path));
  closeSync(openSync(path, 'a', 0o600));
}

function attemptOpen<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw openingMistake(path, error);
  }
}

function tolerate(work: () => void): void {
  try {
    work();
  } catch {
    // closing anyway
  }
}
