import type { Clock } from '../../src/auth/services.js';

/** A clock that stands still until it is moved. */
export class FrozenClock implements Clock {
  #now: number;

  constructor(now = Date.parse('2026-11-21T12:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  advance({ seconds = 0, minutes = 0, hours = 0, days = 0 }): void {
    this.#now += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  }
}
