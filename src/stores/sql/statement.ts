import { SelectQueryNode, type Compilable, type CompiledQuery, type Kysely, type QueryResult } from 'kysely';
import { answersAtOnce, type Engine, type Sql } from './engine.js';
import type { Tables } from './schema.js';

class Parameter {
  constructor(readonly name: string) {}
}

interface Compiled {
  query: CompiledQuery;
  reads: boolean;
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
  build: (db: Kysely<Tables>, parameters: P, engine: Engine) => Compilable<R>,
): Statement<P, R> {
  const compiled = new WeakMap<Engine, Compiled>();
  const of = (sql: Sql): Compiled => {
    let found = compiled.get(sql.engine);
    if (!found) compiled.set(sql.engine, (found = compile(build(sql.db, placeholders as P, sql.engine).compile())));
    return found;
  };
  const run = async (sql: Sql, parameters: P): Promise<QueryResult<R>> => {
    const { query, reads, bind } = of(sql);
    const values = bind(parameters as Record<string, unknown>);
    const viaKysely = () => sql.db.executeQuery<R>({ ...query, parameters: values } as CompiledQuery<R>);
    if (!answersAtOnce(sql)) return viaKysely();
    const local = sql.engine.local!;
    if (reads) return { rows: local.rows(query.sql, values) as R[] };
    return local.write(query.sql, values, viaKysely) as Promise<QueryResult<R>>;
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
  return { query, bind, reads: SelectQueryNode.is(query.query) };
}
