import type { Compilable, CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Engine, Sql } from './engine.js';
import type { Tables } from './schema.js';

class Parameter {
  constructor(readonly name: string) {}
}

interface Compiled {
  query: CompiledQuery;
  bind: (parameters: Record<string, unknown>) => unknown[];
}

export interface Statement<P, R> {
  (sql: Sql, parameters: P): Promise<QueryResult<R>>;
  /** the text and the values, for the synchronous path of the embedded database */
  bound(sql: Sql, parameters: P): { text: string; parameters: unknown[] };
}

/**
 * A statement compiled once per engine: building it anew at each call costs more than SQLite needs to answer it.
 * `build` uses its second argument's properties where the values will stand.
 */
export function statement<P extends object, R = unknown>(
  build: (db: Kysely<Tables>, parameters: P) => Compilable<R>,
): Statement<P, R> {
  const compiled = new WeakMap<Engine, Compiled>();
  const of = (sql: Sql): Compiled => {
    let found = compiled.get(sql.engine);
    if (!found) compiled.set(sql.engine, (found = compile(build(sql.db, placeholders as P).compile())));
    return found;
  };
  const run = (sql: Sql, parameters: P): Promise<QueryResult<R>> => {
    const { query, bind } = of(sql);
    const bound = { ...query, parameters: bind(parameters as Record<string, unknown>) };
    return sql.db.executeQuery<R>(bound as CompiledQuery<R>);
  };
  const bound = (sql: Sql, parameters: P) => {
    const { query, bind } = of(sql);
    return { text: query.sql, parameters: bind(parameters as Record<string, unknown>) };
  };
  return Object.assign(run, { bound });
}

const placeholders: unknown = new Proxy({}, { get: (_target, name) => new Parameter(String(name)) });

function compile(query: CompiledQuery): Compiled {
  const slots = query.parameters;
  const bind = (values: Record<string, unknown>) =>
    slots.map((slot) => (slot instanceof Parameter ? values[slot.name] : slot));
  return { query, bind };
}
