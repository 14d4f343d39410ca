import { attempt, connect, ready, type Client, type Limits } from './connect.js';

/** What `gatehouse doctor` finds out about a Redis. */
export interface RedisReport {
  version: string;
  milliseconds: number;
  /** how far its clock is ahead of ours, in milliseconds */
  clockAhead: number;
  /** what it does when its memory is full, such as `noeviction` */
  eviction: string;
  /** bytes; 0 = no limit */
  memoryLimit: number;
  memoryUsed: number;
  /** undefined: it does not tell */
  persists: boolean | undefined;
  /** its last attempt to save failed */
  saveFailed: boolean;
}

/** @throws Misconfiguration when it refuses us; StoreUnavailable when it does not answer */
export async function examineRedis(url: string, limits: Limits): Promise<RedisReport> {
  const client = await connect(url, limits);
  try {
    await ready(client);
    return await attempt(ask(client));
  } finally {
    client.disconnect();
  }
}

async function ask(client: Client): Promise<RedisReport> {
  const began = Date.now();
  const [seconds, micros] = (await client.call('time')) as [string, string];
  const milliseconds = Date.now() - began;
  const facts = factsOf(await client.info());
  const saves = await savesOf(client);
  const fact = (name: string): string => facts.get(name) ?? '';
  return {
    version: fact('redis_version'),
    milliseconds,
    clockAhead: Math.round(Number(seconds) * 1000 + Number(micros) / 1000 - (began + milliseconds / 2)),
    eviction: fact('maxmemory_policy'),
    memoryLimit: Number(fact('maxmemory')),
    memoryUsed: Number(fact('used_memory')),
    persists: fact('aof_enabled') === '1' ? true : saves,
    saveFailed: fact('rdb_last_bgsave_status') === 'err' || fact('aof_last_write_status') === 'err',
  };
}

/** Its lines are `name:value`. */
function factsOf(text: string): Map<string, string> {
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    }),
  );
}

/** Hosted ones refuse the question. */
async function savesOf(client: Client): Promise<boolean | undefined> {
  try {
    const [, value] = (await client.call('config', 'get', 'save')) as string[];
    return value === undefined ? undefined : value !== '';
  } catch {
    return undefined;
  }
}
