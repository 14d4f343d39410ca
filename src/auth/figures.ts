import type { AuthEvent } from '../events.js';
import type { Clock } from './services.js';

/** Half an hour of this process's life. */
export interface Slot {
  /** milliseconds; when it began */
  from: number;
  logins: number;
  /** failed logins and refusals of guards */
  refusals: number;
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

/** What happened lately, in memory: figures for people, not for billing; a restart begins anew. */
export interface Figures {
  readonly since: number;
  noteEvent(event: AuthEvent): void;
  noteCall(call: Call, waiting: number): void;
  /** the last 24 hours, oldest first, every half hour there */
  lastDay(): Slot[];
  /** newest first */
  callsOf(route: string): readonly Call[];
}

const slotLength = 30 * 60_000;
const slotsOfADay = 48;
const callsKept = 10;

export function createFigures(clock: Clock): Figures {
  const since = clock.now();
  const slots = new Map<number, Slot>();
  const calls = new Map<string, Call[]>();

  let current: Slot | undefined;

  function slotAt(time: number): Slot {
    if (!current || time < current.from || time >= current.from + slotLength) current = beginSlot(time);
    return current;
  }

  function beginSlot(time: number): Slot {
    const from = time - (time % slotLength);
    const slot = slots.get(from) ?? { from, logins: 0, refusals: 0, waiting: 0, requests: 0 };
    if (!slots.has(from)) slots.set(from, slot);
    if (slots.size > slotsOfADay + 1) slots.delete(Math.min(...slots.keys()));
    return slot;
  }

  return {
    since,
    noteEvent(event) {
      const slot = slotAt(clock.now());
      if (event.type === 'login') slot.logins += 1;
      if (event.type === 'loginFailed') slot.refusals += 1;
      if (event.type === 'refused') slot.refusals += event.times;
    },
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
      return times.map((from) => slots.get(from) ?? { from, logins: 0, refusals: 0, waiting: 0, requests: 0 });
    },
    callsOf: (route) => (calls.get(route) ?? []).slice(-callsKept).toReversed(),
  };
}
