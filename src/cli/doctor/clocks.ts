import type { DatabaseReport } from '../../stores/examine.js';
import type { RedisReport } from '../../stores/redis/examine.js';
import type { Around } from './around.js';
import { ok, problem, warning, type Finding } from './finding.js';

interface Clocks {
  database: DatabaseReport | undefined;
  redis: RedisReport | undefined;
  around: Around;
}

const bearable = 5000;
const harmful = 60_000;

/** This machine's clock against the others: sessions, locks and links end by it. */
export function compareClocks({ database, redis, around: { world } }: Clocks): Finding[] {
  const others: [string, number | undefined][] = [
    ['the database', database?.clockAhead],
    ['Redis', redis?.clockAhead],
    [world.url, world.clockAhead],
  ];
  const known = others.filter((other): other is [string, number] => other[1] !== undefined);
  const wrong = known.flatMap(([name, ahead]) => judge(name, ahead));
  if (wrong.length > 0) return wrong;
  const names = known.map(([name]) => name).join(', ');
  return [ok(names ? `This machine's clock agrees with ${names}.` : 'There is no other clock to compare with.')];
}

function judge(name: string, ahead: number): Finding[] {
  const off = Math.abs(ahead);
  if (off <= bearable) return [];
  const message = `The clock of ${name} is ${Math.round(off / 1000)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} this machine's.`;
  const advice = 'Let both follow a time server (NTP): sessions, locks and links end by the clock.';
  return [(off > harmful ? problem : warning)(message, advice)];
}
