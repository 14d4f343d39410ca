import { sql as raw, type RawBuilder } from 'kysely';
import type { CountUp, Sql } from './engine.js';
import { statement } from './statement.js';

type Raw = RawBuilder<number>;

/**
 * A window that ends later than one that began now was written before the clock was put back: it is over, or people would
 * be kept out for as long as the clock was wrong. Clocks of several machines may differ by a minute.
 */
export const clockTolerance = 60_000;

/** The three new values, each computed from the row as it was: MariaDB assigns from left to right, so the order counts. */
export function counted({ capacity, now, expiresAt }: CountUp) {
  const over: Raw = raw`(counters.expires_at <= ${now} or counters.expires_at - ${clockTolerance} > ${expiresAt})`;
  const points: Raw = raw`case when ${over} then 1 when counters.points >= ${capacity} then ${capacity} + 1 else counters.points + 1 end`;
  return {
    capacity,
    is_full: raw<number>`case when ${points} >= ${capacity} then 1 else 0 end`,
    points,
    expires_at: raw<number>`case when ${over} then ${expiresAt} else counters.expires_at end`,
  };
}

/** PostgreSQL and SQLite: one statement counts and answers. */
const upsert = statement<CountUp, { points: number; expiresAt: number }>((db, count) =>
  db
    .insertInto('counters')
    .values({
      key: count.key,
      name: count.name,
      points: 1,
      capacity: count.capacity,
      is_full: raw<number>`case when 1 >= ${count.capacity} then 1 else 0 end`,
      expires_at: count.expiresAt,
    })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(counted(count)))
    .returning(['points', 'expires_at as expiresAt']),
);

export async function countUp(sql: Sql, count: CountUp): Promise<{ points: number; expiresAt: number }> {
  return (await upsert(sql, count)).rows[0]!;
}
