import type { DatabaseConnection, Dialect, Driver } from 'kysely';

/** The same dialect, whose errors pass through `translate` wherever the driver throws them. */
export function guarded(dialect: Dialect, translate: (error: unknown) => unknown): Dialect {
  return {
    createDriver: () => guardedDriver(dialect.createDriver(), translate),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}

function guardedDriver(driver: Driver, translate: (error: unknown) => unknown): Driver {
  const known = new WeakSet<DatabaseConnection>();
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translate(error);
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
