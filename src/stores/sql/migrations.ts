import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration, type MigrationResult } from 'kysely/migration';
import { Misconfiguration } from '../../errors.js';
import type { Engine } from './engine.js';
import type { Tables } from './schema.js';

export const migrationTable = 'gatehouse_migrations';

/** Forward only; each runs once, in the order of its name. Released ones are never changed. */
const migrations: Record<string, (db: Kysely<Tables>, engine: Engine) => Promise<void>> = {
  '0001_house': createHouse,
};

export const migrationNames = Object.keys(migrations);

/** The migrations that are still to be done. @throws Misconfiguration when the database is of a newer version */
export async function pendingMigrations(db: Kysely<Tables>): Promise<string[]> {
  const done = await appliedMigrations(db);
  refuseNewer(done);
  return Object.keys(migrations).filter((name) => !done.includes(name));
}

/**
 * Brings the schema up to date and answers the names of what was done. Any number of processes may call it at once:
 * a lock of the database lets one of them work.
 */
export async function migrateSchema(db: Kysely<Tables>, engine: Engine): Promise<string[]> {
  const { error, results = [] } = await migratorOf(db, engine).migrateToLatest();
  if (error) throw failure(error, results);
  return results.map(({ migrationName }) => migrationName);
}

function failure(error: unknown, results: MigrationResult[]): unknown {
  const failed = results.find(({ status }) => status === 'Error');
  if (!failed || !(error instanceof Error) || error.name === 'StoreUnavailable') return error;
  const message = `the migration ${failed.migrationName} failed: ${error.message}`;
  return new Misconfiguration([{ key: 'DATABASE_URL', message }]);
}

function migratorOf(db: Kysely<Tables>, engine: Engine): Migrator {
  const bound = Object.entries(migrations).map(([name, up]): [string, Migration] => [
    name,
    { up: (db: Kysely<Tables>) => up(db, engine) },
  ]);
  return new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(bound) },
    migrationTableName: migrationTable,
    migrationLockTableName: `${migrationTable}_lock`,
  });
}

async function appliedMigrations(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === migrationTable)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(migrationTable)}`.execute(db);
  return rows.map(({ name }) => name);
}

function refuseNewer(done: string[]): void {
  const unknown = done.filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  const message = `the database was made by a newer version (it has ${unknown.join(', ')}); nothing was changed. Start that version, or restore a backup`;
  throw new Misconfiguration([{ key: 'DATABASE_URL', message }]);
}

async function createHouse(db: Kysely<Tables>, engine: Engine): Promise<void> {
  await createPeople(db, engine);
  await createMemory(db, engine);
  await createRecords(db, engine);
  await engine.extras(db);
}

const textsOfUser =
  'username email password_hash language timezone title name first_name middle_name last_name company address zip city country telephone fax www';
const flagsOfUser = 'admin disabled verified generated';
const timesOfUser = 'starttime endtime crdate tstamp locked_until last_login last_seen password_changed_at';

async function createPeople(db: Kysely<Tables>, { types }: Engine): Promise<void> {
  let users = db.schema
    .createTable('users')
    .addColumn('id', types.id)
    .addColumn('uuid', types.key, (column) => column.notNull())
    .addColumn('username_key', types.name, (column) => column.notNull())
    .addColumn('email_key', types.name)
    .addColumn('search_key', types.text, (column) => column.notNull());
  for (const name of textsOfUser.split(' ')) users = users.addColumn(name, types.text, (column) => column.notNull());
  for (const name of flagsOfUser.split(' ')) users = users.addColumn(name, types.small, (column) => column.notNull());
  for (const name of timesOfUser.split(' ')) users = users.addColumn(name, types.integer, (column) => column.notNull());
  await users.execute();
  await db.schema.createIndex('users_uuid').on('users').column('uuid').unique().execute();
  await db.schema.createIndex('users_username').on('users').column('username_key').unique().execute();
  await db.schema.createIndex('users_email').on('users').column('email_key').unique().execute();
  await db.schema.createIndex('users_last_login').on('users').columns(['last_login', 'id']).execute();
  await db.schema.createIndex('users_disabled').on('users').columns(['disabled', 'id']).execute();
  await db.schema.createIndex('users_locked').on('users').column('locked_until').execute();
  await db.schema.createIndex('users_generated').on('users').columns(['generated', 'endtime']).execute();
  await db.schema
    .createTable('groups')
    .addColumn('id', types.id)
    .addColumn('name', types.name, (column) => column.notNull())
    .execute();
  await db.schema.createIndex('groups_name').on('groups').column('name').unique().execute();
  await db.schema
    .createTable('memberships')
    .addColumn('user_id', types.reference, (column) => column.notNull())
    .addColumn('group_id', types.reference, (column) => column.notNull())
    .addPrimaryKeyConstraint('memberships_key', ['user_id', 'group_id'])
    .addForeignKeyConstraint('memberships_user', ['user_id'], 'users', ['id'], (key) => key.onDelete('cascade'))
    .addForeignKeyConstraint('memberships_group', ['group_id'], 'groups', ['id'], (key) => key.onDelete('cascade'))
    .execute();
  await db.schema.createIndex('memberships_group').on('memberships').column('group_id').execute();
}

async function createMemory(db: Kysely<Tables>, { types, partialIndexes }: Engine): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('key', types.key, (column) => column.primaryKey().notNull())
    // null: a visitor for whom a user's own module keeps something, not logged in
    .addColumn('user_id', types.reference)
    .addColumn('actor_id', types.reference)
    .addColumn('actor_key', types.key)
    .addColumn('remember', types.small, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('last_seen_at', types.integer, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .addColumn('absolute_expires_at', types.integer, (column) => column.notNull())
    .addColumn('authenticated_at', types.integer, (column) => column.notNull())
    .addColumn('address', types.text, (column) => column.notNull())
    .addColumn('user_agent', types.text, (column) => column.notNull())
    .addColumn('data', types.text, (column) => column.notNull())
    .addForeignKeyConstraint('sessions_user', ['user_id'], 'users', ['id'], (key) => key.onDelete('cascade'))
    .addForeignKeyConstraint('sessions_actor', ['actor_id'], 'users', ['id'], (key) => key.onDelete('cascade'))
    .execute();
  await db.schema.createIndex('sessions_of_user').on('sessions').column('user_id').execute();
  await db.schema
    .createIndex('sessions_of_actor')
    .on('sessions')
    .column('actor_id')
    .$call((index) => (partialIndexes ? index.where('actor_id', 'is not', null) : index))
    .execute();
  await db.schema.createIndex('sessions_seen').on('sessions').columns(['last_seen_at', 'key']).execute();
  await db.schema.createIndex('sessions_expiry').on('sessions').column('expires_at').execute();
  await db.schema
    .createTable('links')
    .addColumn('hash', types.key, (column) => column.primaryKey().notNull())
    .addColumn('user_id', types.reference)
    .addColumn('purpose', types.key, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .addColumn('data', types.text, (column) => column.notNull())
    .addForeignKeyConstraint('links_user', ['user_id'], 'users', ['id'], (key) => key.onDelete('cascade'))
    .execute();
  // one link per user and purpose, kept by the database itself; links without a user do not count
  await db.schema.createIndex('links_of_user').on('links').columns(['user_id', 'purpose']).unique().execute();
  await db.schema.createIndex('links_expiry').on('links').column('expires_at').execute();
  await db.schema.createIndex('links_purpose').on('links').columns(['purpose', 'created_at']).execute();
  await db.schema
    .createTable('counters')
    .addColumn('key', types.name, (column) => column.primaryKey().notNull())
    .addColumn('name', types.key, (column) => column.notNull())
    .addColumn('points', types.reference, (column) => column.notNull())
    .addColumn('capacity', types.reference, (column) => column.notNull())
    .addColumn('is_full', types.small, (column) => column.notNull())
    .addColumn('expires_at', types.integer, (column) => column.notNull())
    .execute();
  await db.schema.createIndex('counters_full').on('counters').columns(['is_full', 'expires_at']).execute();
  await db.schema.createIndex('counters_expiry').on('counters').column('expires_at').execute();
}

/** Mails in one, other work that must not be lost in the other. */
async function createQueue(db: Kysely<Tables>, { types }: Engine, name: 'outbox' | 'jobs'): Promise<void> {
  await db.schema
    .createTable(name)
    .addColumn('id', types.key, (column) => column.primaryKey().notNull())
    .addColumn('template', types.text, (column) => column.notNull())
    .addColumn('recipient', types.text, (column) => column.notNull())
    .addColumn('payload', types.text, (column) => column.notNull())
    .addColumn('state', types.key, (column) => column.notNull())
    .addColumn('attempts', types.reference, (column) => column.notNull())
    .addColumn('created_at', types.integer, (column) => column.notNull())
    .addColumn('next_try_at', types.integer, (column) => column.notNull())
    .addColumn('sent_at', types.integer, (column) => column.notNull())
    .addColumn('last_error', types.text, (column) => column.notNull())
    .execute();
  await db.schema.createIndex(`${name}_due`).on(name).columns(['state', 'next_try_at']).execute();
  await db.schema.createIndex(`${name}_created`).on(name).columns(['created_at', 'id']).execute();
}

async function createRecords(db: Kysely<Tables>, engine: Engine): Promise<void> {
  const { types } = engine;
  await createQueue(db, engine, 'outbox');
  await createQueue(db, engine, 'jobs');
  await db.schema
    .createTable('audit')
    .addColumn('id', types.integer, (column) => column.primaryKey().notNull())
    .addColumn('at', types.integer, (column) => column.notNull())
    .addColumn('type', types.key, (column) => column.notNull())
    .addColumn('user_id', types.reference)
    .addColumn('username', types.text, (column) => column.notNull())
    .addColumn('address', types.key, (column) => column.notNull())
    .addColumn('request_id', types.text, (column) => column.notNull())
    .addColumn('detail', types.text, (column) => column.notNull())
    .addColumn('hash', types.text, (column) => column.notNull())
    .execute();
  for (const name of ['user_id', 'type', 'address'] as const)
    await db.schema.createIndex(`audit_${name}`).on('audit').columns([name, 'id']).execute();
  await db.schema.createIndex('audit_at').on('audit').column('at').execute();
  await db.schema
    .createTable('audit_head')
    .addColumn('id', types.reference, (column) => column.primaryKey().notNull())
    .addColumn('last', types.integer, (column) => column.notNull())
    .addColumn('hash', types.text, (column) => column.notNull())
    .addColumn('anchor', types.text, (column) => column.notNull())
    .execute();
  await db.insertInto('audit_head').values({ id: 1, last: 0, hash: '', anchor: '' }).execute();
  await db.schema
    .createTable('leases')
    .addColumn('name', types.key, (column) => column.primaryKey().notNull())
    .addColumn('holder', types.text, (column) => column.notNull())
    .addColumn('until', types.integer, (column) => column.notNull())
    .execute();
}
