import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import pg from 'pg';

/** Children before their parents. */
const tables = 'memberships groups sessions links users counters outbox jobs audit leases'.split(' ');
export const wiping = (quote: string) => [
  ...tables.map((table) => `delete from ${quote}${table}${quote}`),
  'update audit_head set anchor = hash',
];

/** A database of our own on a server that tests may use; gone afterwards. */
export interface FreshDatabase {
  databaseUrl: string;
  /** past the stores */
  query(text: string): Promise<void>;
  remove(): Promise<void>;
}

const ownName = () => `gatehouse_${randomBytes(6).toString('hex')}`;

const urlOf = (server: string, name: string) => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

export async function freshPostgres(server: string): Promise<FreshDatabase> {
  const name = ownName();
  const databaseUrl = urlOf(server, name);
  const admin = new pg.Client(server);
  await admin.connect();
  await admin.query(`create database ${name}`);
  const inside = new pg.Client(databaseUrl);
  await inside.connect();
  return {
    databaseUrl,
    query: async (text) => void (await inside.query(text)),
    async remove() {
      await inside.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

export async function freshMysql(server: string): Promise<FreshDatabase> {
  const name = ownName();
  const databaseUrl = urlOf(server, name);
  const admin = await mysql.createConnection(server);
  await admin.query(`create database ${name}`);
  const inside = await mysql.createConnection({ uri: databaseUrl, multipleStatements: true });
  return {
    databaseUrl,
    query: async (text) => void (await inside.query(text)),
    async remove() {
      await inside.end();
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  };
}
