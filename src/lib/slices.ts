import { setImmediate } from 'node:timers/promises';

/**
 * Runs a long work in slices: it yields often, and whenever a few milliseconds are over the event loop serves others
 * first. `signal` stops it between two slices.
 */
export async function runInSlices<T>(work: Iterator<undefined, T>, signal?: AbortSignal, sliceMs = 8): Promise<T> {
  for (;;) {
    const end = performance.now() + sliceMs;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() < end);
    await setImmediate();
    signal?.throwIfAborted();
  }
}
