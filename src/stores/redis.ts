import type { Clock } from '../auth/services.js';
import type { CounterStore, SessionStore } from './contract.js';
import { attempt, connect, ready, type Limits } from './redis/connect.js';
import { createRedisCounters } from './redis/counters.js';
import { createRedisSessions } from './redis/sessions.js';

export interface RedisOptions {
  url: string;
  prefix: string;
  clock: Clock;
  limits: Limits;
}

export interface RedisStores {
  sessions: SessionStore;
  counters: CounterStore;
  /** waits a moment for the connection. @throws StoreUnavailable, Misconfiguration */
  ready(): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Sessions and counters in Redis 6.2 or later: single, with sentinels, or a cluster. */
export async function openRedis({ url, prefix: wanted, clock, limits }: RedisOptions): Promise<RedisStores> {
  const client = await connect(url, limits);
  // braces are ours: they keep together what a script needs
  const prefix = wanted.replaceAll(/[{}]/g, '');
  return {
    sessions: createRedisSessions(client, prefix, clock),
    counters: createRedisCounters(client, prefix),
    ready: () => ready(client),
    ping: async () => void (await attempt(client.ping())),
    // a second time it would wait two seconds for a connection that is not there
    close: async () => (client.status === 'end' ? undefined : client.disconnect()),
  };
}
