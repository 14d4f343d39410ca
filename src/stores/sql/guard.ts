import type { DatabaseConnection, Dialect, Driver } from 'kysely';

type Translate = (error: unknown) => unknown;

/** What an error means, and whether waiting a little helps. */
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
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = patience ? performance.now() + patience.milliseconds : 0;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!patience?.helps(error) || performance.now() > end) throw translate(error);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const guardConnection = (connection: DatabaseConnection): DatabaseConnection => {
    if (known.has(connection)) return connection;
    known.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = (query, options) => attempt(() => execute(query, options));
    return connection;
  };
  return {
    init: (options) => attempt(() => driver.init(options)),
    acquireConnection: (options) => attempt(async () => guardConnection(await driver.acquireConnection(options))),
    beginTransaction: (connection, settings) => attempt(() => driver.beginTransaction(connection, settings)),
    commitTransaction: (connection) => attempt(() => driver.commitTransaction(connection)),
    rollbackTransaction: (connection) => attempt(() => driver.rollbackTransaction(connection)),
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    destroy: (options) => driver.destroy(options),
  };
}
