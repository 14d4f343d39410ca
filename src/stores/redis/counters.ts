import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counter, CounterStore } from '../contract.js';
import { counterOf, placeOf } from '../counter.js';
import { attempt, type Client } from './connect.js';
import * as scripts from './scripts.js';
import { commandsOf, everyTag, tagOf } from './tags.js';

interface Commands {
  clear(place: string): Promise<number>;
  full(set: string): Promise<(string | number)[]>;
}

export function createRedisCounters(client: Client, prefix: string): CounterStore {
  const run = commandsOf<Commands>(client, 'counter', { clear: scripts.clear, full: scripts.full });
  const name = `${prefix}c`;
  const place = (counter: string, key: string) => {
    const entry = placeOf(counter, key);
    return `${tagOf(name, entry)}:${entry}`;
  };
  return {
    counter(counter, points, seconds) {
      const limiter = createLimiter(client, points, seconds);
      return insured(
        counterOf(limiter, (key) => place(counter, key)),
        (key) => run.clear(place(counter, key)),
      );
    },
    async full() {
      const answers = await attempt(Promise.all(everyTag(name).map((tag) => run.full(`${tag}:full`))));
      return answers.flatMap(entriesOf);
    },
    async clear(counter, key) {
      await attempt(run.clear(place(counter, key)));
    },
    // counters end by themselves
    sweep: async () => 0,
  };
}

/** Without Redis each process counts for itself, with the same limit: never open. A refused attempt takes nothing. */
class ProcessLimiter extends RateLimiterMemory {
  override async consume(key: string | number): Promise<RateLimiterRes> {
    try {
      return await super.consume(key);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) await this.reward(key);
      throw refused;
    }
  }
}

const createLimiter = (client: Client, points: number, duration: number) =>
  new RateLimiterRedis({
    storeClient: client,
    keyPrefix: '',
    points,
    duration,
    customIncrTtlLuaScript: scripts.count,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new ProcessLimiter({ keyPrefix: '', points, duration }),
  });

/** Clearing must reach the list of full counters too, and the process's own count when Redis is gone. */
const insured = (counter: Counter, clear: (key: string) => Promise<number>): Counter => ({
  ...counter,
  async clear(key) {
    await counter.clear(key);
    await clear(key).catch(() => {});
  },
});

/** Place, points and rest, one after the other. */
function entriesOf(flat: (string | number)[]) {
  const entries: { name: string; key: string; taken: number; resetMs: number }[] = [];
  for (let index = 0; index < flat.length; index += 3) {
    const place = String(flat[index]);
    const [name = '', key = ''] = place.slice(place.indexOf('}:') + 2).split('\n');
    entries.push({ name, key, taken: Number(flat[index + 1]), resetMs: Number(flat[index + 2]) });
  }
  return entries;
}
