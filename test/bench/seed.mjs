/** Fills a database with copies of what is there, because a login takes a quarter of a second and there shall be a million. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { productMain } from './servers.mjs';

const load = createRequire(productMain);

/** Copies of the one user under other names. */
export async function seedUsers(env, count) {
  const other = (text) => ({ text });
  await copyRow(env, 'users', count, {
    id: undefined,
    uuid: other('uuid'),
    username: other('user'),
    username_key: other('user'),
    email: other('mail'),
    email_key: other('mail'),
    search_key: other('user mail'),
  });
}

/** Copies of a live session under keys nobody holds. */
export async function seedSessions(env, count) {
  if (env.REDIS_URL) return seedRedis(env, count);
  await copyRow(env, 'sessions', count, { key: { text: 'filler' } });
}

/** @param replaced per column: `undefined` leaves it to the database, `text` and the number of the copy take its place */
async function copyRow(env, table, count, replaced) {
  const database = await open(env);
  const { name, numbers, concatenate } = database.dialect;
  const columns = (await database.columns(table)).filter((column) => !(column in replaced) || replaced[column]);
  const values = columns.map((column) =>
    replaced[column] ? concatenate(`'${replaced[column].text} '`, 'counted.n') : `sample.${name(column)}`,
  );
  const into = `insert into ${table} (${columns.map(name).join(', ')})`;
  const sample = `(select * from ${table} limit 1) as sample`;
  await database.run(`${into} select ${values.join(', ')} from ${sample}, ${numbers(count)} as counted`);
  for (const text of database.dialect.settle(table)) await database.run(text);
  await database.close();
}

const dialects = {
  sqlite: {
    name: (column) => `"${column}"`,
    concatenate: (...parts) => parts.join(' || '),
    settle: () => [],
    numbers: (count) =>
      `(with recursive c(n) as (select 1 union all select n + 1 from c where n < ${count}) select n from c)`,
  },
  postgres: {
    name: (column) => `"${column}"`,
    concatenate: (...parts) => parts.join(' || '),
    // what the server would do by itself while the checks are timed
    settle: (table) => [`vacuum analyze ${table}`, 'checkpoint'],
    numbers: (count) => `(select n from generate_series(1, ${count}) as g(n))`,
  },
  mysql: {
    name: (column) => `\`${column}\``,
    concatenate: (...parts) => `concat(${parts.join(', ')})`,
    settle: (table) => [`analyze table ${table}`],
    numbers: (count) => `(select seq as n from seq_1_to_${count})`,
  },
};

async function open(env) {
  const url = env.DATABASE_URL ?? '';
  if (url.startsWith('postgres')) return openPostgres(url);
  if (url.startsWith('mysql')) return openMysql(url);
  return openSqlite(join(env.DATA_DIR, 'gatehouse.sqlite'));
}

async function openSqlite(file) {
  const database = new (load('libsql'))(file);
  return {
    dialect: dialects.sqlite,
    columns: async (table) =>
      database
        .prepare(`select name from pragma_table_info('${table}')`)
        .all()
        .map(({ name }) => name),
    run: async (text) => void database.exec(text),
    close: async () => void database.close(),
  };
}

const named = (table) => `select column_name as name from information_schema.columns where table_name = '${table}'`;

async function openPostgres(url) {
  const client = new (load('pg').Client)({ connectionString: url });
  await client.connect();
  return {
    dialect: dialects.postgres,
    columns: async (table) =>
      (await client.query(`${named(table)} and table_schema = current_schema()`)).rows.map(({ name }) => name),
    run: async (text) => void (await client.query(text)),
    close: () => client.end(),
  };
}

async function openMysql(url) {
  const connection = await load('mysql2/promise').createConnection(url);
  return {
    dialect: dialects.mysql,
    columns: async (table) =>
      (await connection.query(`${named(table)} and table_schema = database()`))[0].map(({ name }) => name),
    run: async (text) => void (await connection.query(text)),
    close: () => connection.end(),
  };
}

/** In steps: a script stops the whole server while it runs. */
const copies = `
  local text, lifetime = redis.call('get', KEYS[1]), redis.call('pttl', KEYS[1])
  for number = ARGV[1], ARGV[2] do redis.call('set', KEYS[1] .. number, text, 'px', lifetime) end`;

async function seedRedis({ REDIS_URL }, count) {
  await withRedis(REDIS_URL, async (client) => {
    const [sample] = await client.keys('*:session:*');
    for (let from = 1; from <= count; from += 10_000)
      await client.eval(copies, 1, sample, from, Math.min(count, from + 9_999));
  });
}

export function clearRedis(url) {
  return withRedis(url, (client) => client.flushdb());
}

async function withRedis(url, work) {
  const { Redis } = load('ioredis');
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** An empty database of that name on the server of `url`; answers its URL. */
export async function freshDatabase(url, name) {
  const other = new URL(url);
  const admin = await open({ DATABASE_URL: url });
  await admin.run(`drop database if exists ${name}`);
  await admin.run(`create database ${name}`);
  await admin.close();
  other.pathname = `/${name}`;
  return other.href;
}

export async function dropDatabase(url, name) {
  const admin = await open({ DATABASE_URL: url });
  await admin.run(`drop database if exists ${name}`);
  await admin.close();
}
