import type { DatabaseConnection, Dialect, Driver } from 'kysely';

type Translate = (error: unknown) => unknown;

/** What an error means, and whether the statement may be tried again a little later. */
export interface Judgement {
  translate: Translate;
  patience?: { milliseconds: number; helps: (error: unknown) => boolean };
}

/** The same dialect, whose errors pass through `translate` wherever the driver throws them. */
export function guarded(dialect: Dialect, judgement: Judgement): Dialect {
  return {
    createDriver: () => guardedDriver(dialect.createDriver(), judgement),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}

function guardedDriver(driver: Driver, { translate, patience }: Judgement): Driver {
  const known = new WeakSet<DatabaseConnection>();
  const transacting = new WeakSet<DatabaseConnection>();
  const attempt = async <T>(work: () => Promise<T>, again: boolean): Promise<T> => {
    const end = again && patience ? performance.now() + patience.milliseconds : 0;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (performance.now() > end || !patience?.helps(error)) throw translate(error);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const guardConnection = (connection: DatabaseConnection): DatabaseConnection => {
    if (known.has(connection)) return connection;
    known.add(connection);
    const execute = connection.executeQuery.bind(connection);
    // within a transaction a statement cannot be tried alone: what came before it is lost too
    connection.executeQuery = (query, options) => attempt(() => execute(query, options), !transacting.has(connection));
    return connection;
  };
  const end = (connection: DatabaseConnection, work: () => Promise<void>) =>
    attempt(work, false).finally(() => transacting.delete(connection));
  return {
    init: (options) => attempt(() => driver.init(options), false),
    acquireConnection: (options) =>
      attempt(async () => guardConnection(await driver.acquireConnection(options)), false),
    async beginTransaction(connection, settings) {
      await attempt(() => driver.beginTransaction(connection, settings), false);
      transacting.add(connection);
    },
    commitTransaction: (connection) => end(connection, () => driver.commitTransaction(connection)),
    rollbackTransaction: (connection) => end(connection, () => driver.rollbackTransaction(connection)),
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    destroy: (options) => driver.destroy(options),
  };
}
