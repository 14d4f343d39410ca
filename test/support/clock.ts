import type { Clock } from '../../src/auth/services.js';

/** A clock that stands still until it is moved. */
export class FrozenClock implements Clock {
  #now: number;
  readonly #moved = new Set<(milliseconds: number) => void>();

  constructor(now = Date.parse('2026-11-21T12:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  advance({ seconds = 0, minutes = 0, hours = 0, days = 0 }): void {
    const milliseconds = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
    this.#now += milliseconds;
    for (const listener of this.#moved) listener(milliseconds);
  }

  /** For what has a clock of its own. */
  onAdvance(listener: (milliseconds: number) => void): void {
    this.#moved.add(listener);
  }
}
