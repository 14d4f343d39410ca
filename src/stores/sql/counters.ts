import { sql as raw, type SqlBool } from 'kysely';
import { RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { CounterStore } from '../contract.js';
import { counterOf, placeOf } from '../counter.js';
import { clockTolerance } from './count-up.js';
import type { Sql } from './engine.js';
import { deleteSome, inBatches } from './portable.js';
import { statement } from './statement.js';

export function createCounters(sql: Sql): CounterStore {
  return {
    counter: (name, points, seconds) =>
      counterOf(new SqlLimiter(sql, name, points, seconds), (key) => placeOf(name, key)),
    full: (now) => full(sql, now),
    async clear(name, key) {
      await remove(sql, { key: placeOf(name, key) });
    },
    sweep: (now, limit) =>
      inBatches(sql, limit, (most) => deleteSome(sql, { table: 'counters', key: 'key', over: over(now), most })),
  };
}

interface Window {
  points: number;
  expiresAt: number;
}

/**
 * rate-limiter-flexible's own store interface over our table. Its ready-made SQL stores read the machine's clock, begin
 * a transaction of their own inside ours, and count refused attempts without end; here a refused attempt leaves the
 * counter at "one over", which is the same as full, in the same statement that counts.
 */
class SqlLimiter extends RateLimiterStoreAbstract {
  constructor(
    private readonly sql: Sql,
    private readonly name: string,
    points: number,
    seconds: number,
  ) {
    super({ storeClient: sql, keyPrefix: '', points, duration: seconds });
  }

  override _upsert(key: string, points: number, milliseconds: number): Promise<Window> {
    return points < 0 ? this.giveBack(key) : this.take(key, milliseconds);
  }

  override _get(key: string): Promise<Window | null> {
    return this.look(key);
  }

  override async _delete(key: string): Promise<boolean> {
    return ((await remove(this.sql, { key })).numAffectedRows ?? 0n) > 0n;
  }

  override _getRateLimiterRes(_key: string, _changed: number, { points, expiresAt }: Window): RateLimiterRes {
    return new RateLimiterRes(Math.max(this.points - points, 0), Math.max(expiresAt - this.sql.clock.now(), 0), points);
  }

  private async look(key: string): Promise<Window | null> {
    const now = this.sql.clock.now();
    const latest = now + this.duration * 1000 + clockTolerance;
    return (await look(this.sql, { key, now, latest })).rows[0] ?? null;
  }

  private take(key: string, milliseconds: number): Promise<Window> {
    const now = this.sql.clock.now();
    const capacity = this.points;
    return this.sql.engine.countUp(this.sql, { key, name: this.name, capacity, now, expiresAt: now + milliseconds });
  }

  private async giveBack(key: string): Promise<Window> {
    const now = this.sql.clock.now();
    await giveBack(this.sql, { key, capacity: this.points, now });
    // what is left now interests nobody (see counterOf): asking would be a statement more at each login
    return { points: 0, expiresAt: now };
  }
}

const look = statement<{ key: string; now: number; latest: number }, Window>((db, { key, now, latest }) =>
  db
    .selectFrom('counters')
    .select(['points', 'expires_at as expiresAt'])
    .where('key', '=', key)
    .where('expires_at', '>', now)
    .where('expires_at', '<=', latest),
);
const giveBack = statement<{ key: string; capacity: number; now: number }>((db, { key, capacity, now }) =>
  db
    .updateTable('counters')
    .set({
      is_full: 0,
      points: raw<number>`case when points > ${capacity} then ${capacity} else points end - 1`,
    })
    .where('key', '=', key)
    .where('expires_at', '>', now)
    .where('points', '>', 0),
);
const remove = statement<{ key: string }>((db, { key }) => db.deleteFrom('counters').where('key', '=', key));

async function full(sql: Sql, now: number): ReturnType<CounterStore['full']> {
  const rows = await sql.db
    .selectFrom('counters')
    .select(['name', 'key', 'points', 'capacity', 'expires_at'])
    .where('is_full', '=', 1)
    .where('expires_at', '>', now)
    .orderBy('expires_at', 'desc')
    .limit(1000)
    .execute();
  return rows.map((row) => ({
    name: row.name,
    key: row.key.slice(row.name.length + 1),
    taken: Math.min(row.points, row.capacity),
    resetMs: row.expires_at - now,
  }));
}

const over = (now: number) => raw<SqlBool>`expires_at <= ${now}`;
