import type { Tally } from '../stores/contract.js';
import type { Clock, Services } from './services.js';

/** Half an hour: what the audit log says of all servers, and what this process saw itself. */
export interface Slot extends OwnSlot {
  logins: number;
  /** failed logins and refusals of guards */
  refusals: number;
}

/** Half an hour of this process's life. */
export interface OwnSlot {
  /** milliseconds; when it began */
  from: number;
  /** most passwords that waited to be verified at once */
  waiting: number;
  requests: number;
}

/** One request as the routes page shows it. */
export interface Call {
  route: string;
  at: number;
  method: string;
  status: number;
  ms: number;
  reason?: string | undefined;
  requestId: string;
}

/** What this process did lately, in memory: a restart begins anew, and other processes have their own. */
export interface Figures {
  readonly since: number;
  noteCall(call: Call, waiting: number): void;
  /** the last 24 hours, oldest first, every half hour there */
  lastDay(): OwnSlot[];
  /** newest first */
  callsOf(route: string): readonly Call[];
}

const slotLength = 30 * 60_000;
const slotsOfADay = 48;
const callsKept = 10;

export function createFigures(clock: Clock): Figures {
  const since = clock.now();
  const slots = new Map<number, OwnSlot>();
  const calls = new Map<string, Call[]>();

  let current: OwnSlot | undefined;

  function slotAt(time: number): OwnSlot {
    if (!current || time < current.from || time >= current.from + slotLength) current = beginSlot(time);
    return current;
  }

  function beginSlot(time: number): OwnSlot {
    const from = time - (time % slotLength);
    const slot = slots.get(from) ?? { from, waiting: 0, requests: 0 };
    if (!slots.has(from)) slots.set(from, slot);
    if (slots.size > slotsOfADay + 1) slots.delete(Math.min(...slots.keys()));
    return slot;
  }

  return {
    since,
    noteCall(call, waiting) {
      const slot = slotAt(call.at);
      slot.requests += 1;
      if (waiting > slot.waiting) slot.waiting = waiting;
      const known = calls.get(call.route);
      if (!known) return void calls.set(call.route, [call]);
      known.push(call);
      if (known.length === 2 * callsKept) known.splice(0, callsKept);
    },
    lastDay() {
      const newest = slotAt(clock.now()).from;
      const times = Array.from({ length: slotsOfADay }, (_, index) => newest - (slotsOfADay - 1 - index) * slotLength);
      return times.map((from) => slots.get(from) ?? { from, waiting: 0, requests: 0 });
    },
    callsOf: (route) => (calls.get(route) ?? []).slice(-callsKept).toReversed(),
  };
}

const counted = { login: 'logins', loginFailed: 'refusals', refused: 'refusals' } as const;

/**
 * The last 24 hours: logins and refusals of every server on this database, from the audit log, as far back as its lines
 * are kept; the rest of this process alone.
 */
export async function lastDayOf({ stores, figures }: Services): Promise<Slot[]> {
  const slots = figures.lastDay().map((slot): Slot => ({ ...slot, logins: 0, refusals: 0 }));
  const found = await stores.audit.tally({ types: Object.keys(counted), since: slots[0]!.from, span: slotLength });
  const byTime = new Map(slots.map((slot) => [slot.from, slot]));
  for (const { type, from, times } of found as (Tally & { type: keyof typeof counted })[]) {
    const slot = byTime.get(from);
    if (slot) slot[counted[type]] += times;
  }
  return slots;
}
