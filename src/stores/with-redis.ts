import type { SessionStore, Stores, UserStore } from './contract.js';
import type { RedisStores } from './redis.js';

type Later = (() => Promise<unknown>)[];

/** Users and all that must last in SQL, sessions and counters in Redis: what the database did for both is done here. */
export function withRedis(stores: Stores, redis: RedisStores): Stores {
  const combine = (stores: Stores, sessions: SessionStore): Stores => {
    const combined: Stores = {
      ...stores,
      users: endingSessions(stores.users, sessions),
      sessions,
      counters: redis.counters,
      atomically: (work) => work(combined),
    };
    return combined;
  };
  return {
    ...combine(stores, redis.sessions),
    async atomically(work) {
      const later: Later = [];
      const sessions = endingTwice(redis.sessions, later);
      const result = await stores.atomically((inner) => work(combine(inner, sessions)));
      await Promise.allSettled(later.map((again) => again()));
      return result;
    },
    ping: async () => void (await Promise.all([stores.ping(), redis.ping()])),
    close: async () => void (await Promise.all([stores.close(), redis.close()])),
  };
}

/** With a user go their sessions. Until they are gone nothing finds their user, so nobody is let in. */
const endingSessions = (users: UserStore, sessions: SessionStore): UserStore => ({
  ...users,
  async delete(id) {
    const done = await users.delete(id);
    await sessions.deleteOfUser(id);
    return done;
  },
  async sweepGenerated(nowSeconds, limit) {
    const ids = await users.sweepGenerated(nowSeconds, limit);
    for (const id of ids) await sessions.deleteOfUser(id);
    return ids;
  },
});

/**
 * A transaction cannot hold Redis. Sessions end at once, which at worst ends too many; and once more after the commit,
 * for one that began in between with a password that was just replaced.
 */
function endingTwice(sessions: SessionStore, later: Later): SessionStore {
  const twice = <T>(end: () => Promise<T>): Promise<T> => {
    later.push(end);
    return end();
  };
  return {
    ...sessions,
    delete: (key) => twice(() => sessions.delete(key)),
    deleteOfUser: (userId, exceptKey) => twice(() => sessions.deleteOfUser(userId, exceptKey)),
  };
}
