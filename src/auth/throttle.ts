import { StoreUnavailable, type Counter, type CounterState } from '../stores/contract.js';

/** A place taken by an attempt in flight: kept when it failed, given back when it did not. */
export interface Place {
  readonly state: CounterState;
  keep(): void;
  giveBack(): Promise<void>;
}

export type Entrance = { allowed: true; place: Place } | { allowed: false; state: CounterState };

const patience = 2000;
const mostWaiting = 1000;

/** The answer is decided: that the store is gone by now costs a place for the rest of the window, not the login. */
function keepIt(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error;
}

interface Waiting {
  timer: NodeJS.Timeout;
  wake(freed: boolean): void;
}

/** What is under way for one key in this process. */
interface Queue {
  held: number;
  waiting: Waiting[];
}

/** Attempts of one key that have asked the store at about the same time. */
interface Round {
  unanswered: number;
  overtaken: (() => void)[];
}

/**
 * Counts failed attempts per key (contract ext-login, section 4). Each attempt takes a place first, atomically in the
 * store, so that of any number in parallel exactly `points` go through. While the places that are left are only held,
 * the next one waits for one to be given back: for two seconds in which none comes back, not for two seconds in all,
 * so that an office whose sixty right logins take longer than that gets in, and a flood of wrong ones does not.
 */
export function createThrottle(counter: Counter, waitMs = patience) {
  const queues = new Map<string, Queue>();
  const rounds = new Map<string, Round>();

  return async function enter(key: string): Promise<Entrance> {
    let reserved = false;
    for (;;) {
      const round = joinRound(key);
      const entrance = await ask(key, reserved).finally(() => answered(key, round));
      if (entrance.allowed) return entrance;
      await everyAnswer(key, round);
      reserved = await someoneGivesBack(key);
      if (!reserved) return entrance;
    }
  };

  async function ask(key: string, reserved: boolean): Promise<Entrance> {
    const { allowed, ...state } = await takeOrLeave(key, reserved);
    if (allowed) return { allowed, place: hold(key, state, reserved) };
    if (reserved) leave(key, queues.get(key)!, false);
    return { allowed, state };
  }

  function joinRound(key: string): Round {
    const round = rounds.get(key) ?? { unanswered: 0, overtaken: [] };
    rounds.set(key, round);
    round.unanswered += 1;
    return round;
  }

  function answered(key: string, round: Round): void {
    round.unanswered -= 1;
    if (round.unanswered > 0) return;
    close(key, round);
    for (const goOn of round.overtaken.splice(0)) goOn();
  }

  /**
   * Over several connections a refusal may arrive before the answer to the attempt that got the place. Who is refused and
   * sees nobody inside waits for the answers that are on their way, not for attempts that come later.
   */
  function everyAnswer(key: string, round: Round): Promise<void> | undefined {
    if (queues.has(key) || round.unanswered === 0) return undefined;
    close(key, round);
    return new Promise((resolve) => round.overtaken.push(resolve));
  }

  function close(key: string, round: Round): void {
    if (rounds.get(key) === round) rounds.delete(key);
  }

  async function takeOrLeave(key: string, reserved: boolean) {
    try {
      return await counter.take(key);
    } catch (error) {
      if (reserved) leave(key, queues.get(key)!, false);
      throw error;
    }
  }

  /** Whoever was woken to take the place that became free is counted as its holder already. */
  function hold(key: string, state: CounterState, reserved: boolean): Place {
    const queue = queues.get(key) ?? { held: 0, waiting: [] };
    queues.set(key, queue);
    if (!reserved) queue.held += 1;
    let open = true;
    return {
      state,
      keep() {
        if (open) leave(key, queue, false);
        open = false;
      },
      async giveBack() {
        if (!open) return;
        open = false;
        await counter
          .giveBack(key)
          .catch(keepIt)
          .finally(() => leave(key, queue, true));
      },
    };
  }

  function leave(key: string, queue: Queue, freed: boolean): void {
    queue.held -= 1;
    if (freed) moveUp(queue);
    if (queue.held === 0) dissolve(key, queue);
  }

  /** The first in the queue gets the place, reserved for it until it has taken it; the others see that the queue moves. */
  function moveUp(queue: Queue): void {
    const first = queue.waiting.shift();
    if (!first) return;
    queue.held += 1;
    for (const { timer } of queue.waiting) timer.refresh();
    first.wake(true);
  }

  /** Nobody holds a place any more: whoever still waits would wait for nothing. */
  function dissolve(key: string, queue: Queue): void {
    queues.delete(key);
    for (const { wake } of queue.waiting.splice(0)) wake(false);
  }

  function someoneGivesBack(key: string): Promise<boolean> {
    const queue = queues.get(key);
    if (!queue || queue.waiting.length >= mostWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        timer: setTimeout(() => {
          queue.waiting.splice(queue.waiting.indexOf(waiting), 1);
          resolve(false);
        }, waitMs),
        wake(freed) {
          clearTimeout(waiting.timer);
          resolve(freed);
        },
      };
      queue.waiting.push(waiting);
    });
  }
}
