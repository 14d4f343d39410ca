import type { Cluster, Redis } from 'ioredis';
import type { Settings } from '../../config/settings.js';
import { Misconfiguration } from '../../errors.js';
import { StoreUnavailable } from '../contract.js';

export type Client = Redis | Cluster;
export type Limits = Pick<Settings['database'], 'statementTimeoutMs' | 'connectTimeoutMs' | 'tls'>;

const mistake = (message: string) => new Misconfiguration([{ key: 'REDIS_URL', message }]);

interface Target {
  kind: 'single' | 'sentinel' | 'cluster';
  tls: boolean;
  username?: string;
  password?: string;
  nodes: { host: string; port: number }[];
  /** sentinel: the name of the group */
  group: string;
  db: number;
  sentinelPassword?: string;
}

/**
 *   redis://[user:password@]host[:port][/db]
 *   redis+sentinel://[user:password@]host[:port],host[:port],…/group[/db][?sentinelPassword=…]
 *   redis+cluster://[user:password@]host[:port],host[:port],…
 * and each with `rediss` instead of `redis` for TLS.
 */
export function parseRedisUrl(text: string): Target {
  const match = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?]+)((?:\/[^/?]*)*)(?:\?(.*))?$/.exec(text);
  if (!match)
    throw mistake('this is not a Redis URL; write redis://host:6379, redis+sentinel://… or redis+cluster://…');
  const [, scheme, kind = 'single', login = '', hosts, path = '', query] = match;
  const [username = '', password] = login.split(':').map(decodeURIComponent);
  const parts = path.split('/').slice(1);
  const sentinel = kind === 'sentinel';
  const group = sentinel ? (parts.shift() ?? '') : '';
  if (sentinel && !group) throw mistake('names no group; write redis+sentinel://host:26379/group');
  return {
    kind: kind as Target['kind'],
    tls: scheme === 'rediss',
    username: username || undefined,
    password,
    nodes: hosts!.split(',').map((host) => nodeOf(host, sentinel ? 26379 : 6379)),
    group,
    db: databaseNumber(parts[0] ?? ''),
    sentinelPassword: new URLSearchParams(query).get('sentinelPassword') ?? undefined,
  };
}

function nodeOf(text: string, usualPort: number): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text);
  if (!match) throw mistake(`"${text}" is not a host`);
  return { host: match[1]!.replaceAll(/^\[|\]$/g, ''), port: Number(match[2] ?? usualPort) };
}

function databaseNumber(text: string): number {
  if (!/^\d{0,4}$/.test(text)) throw mistake(`"${text}" is not the number of a database`);
  return Number(text);
}

/** A client that never keeps anybody waiting: what cannot be asked now fails now. It comes back by itself. */
export async function connect(url: string, limits: Limits): Promise<Client> {
  const target = parseRedisUrl(url);
  const { Redis, Cluster } = await import('ioredis').catch(() => {
    throw mistake('Redis needs the package "ioredis"; install it with: npm install ioredis');
  });
  const { username, password, nodes, db } = target;
  const common = {
    username,
    password,
    connectTimeout: limits.connectTimeoutMs,
    commandTimeout: Math.min(limits.statementTimeoutMs, 1000),
    // a connection on which nothing comes back is replaced, not only its commands given up
    socketTimeout: Math.min(limits.statementTimeoutMs, 1000) + 500,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    // what was answered as failed must not happen later
    autoResendUnfulfilledCommands: false,
    lazyConnect: true,
    protocol: 2,
    // after a fail-over the old master answers READONLY: connect anew and ask the new one
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(target.tls && { tls: { rejectUnauthorized: limits.tls !== 'off' } }),
  } as const;
  const retry = () => 200;
  if (target.kind === 'cluster') return quiet(new Cluster(nodes, clusterOptions(common, retry)));
  if (target.kind === 'single') return quiet(new Redis({ ...common, ...nodes[0]!, db, retryStrategy: retry }));
  const { group, sentinelPassword, tls } = target;
  const sentinel = { sentinels: nodes, name: group, sentinelPassword, enableTLSForSentinelMode: tls };
  const strategies = { retryStrategy: retry, sentinelRetryStrategy: retry, sentinelCommandTimeout: 1000 };
  return quiet(new Redis({ ...common, ...sentinel, ...strategies, db }));
}

const clusterOptions = (common: object, retry: () => number) => ({
  redisOptions: common,
  enableOfflineQueue: false,
  lazyConnect: true,
  clusterRetryStrategy: retry,
  clusterNodeRetryStrategy: retry,
  slotsRefreshTimeout: 1000,
  slotsRefreshInterval: 5000,
});

/** Each command tells its own failure; without a listener the client's event would be printed besides. */
function quiet(client: Client): Client {
  client.on('error', () => {});
  return client;
}

/** Connects, or says why not. */
export async function ready(client: Client): Promise<void> {
  if (client.status === 'wait' || client.status === 'end') client.connect().catch(() => {});
  const deadline = performance.now() + 1500;
  let reason = 'no connection';
  client.on('error', (error: Error) => (reason = error.message));
  while (performance.now() < deadline) {
    const answer = await client.ping().then(
      () => 'PONG',
      (error: Error) => error.message,
    );
    if (answer === 'PONG') return;
    if (/NOAUTH|WRONGPASS|NOPERM/.test(answer + reason)) throw mistake(`Redis refuses us: ${reason || answer}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new StoreUnavailable(`Redis: ${reason}`);
}

export async function attempt<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new StoreUnavailable(`Redis: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
