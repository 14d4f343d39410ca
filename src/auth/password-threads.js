// @ts-check
/**
 * How many threads hash, and how they stay out of the way. Linux gives each thread its own priority: with the lowest one
 * every core may hash, and whoever else has work gets a core at once. Elsewhere one core is left to everybody else. Plain
 * JavaScript, for the worker threads.
 */
import { availableParallelism, constants, setPriority } from 'node:os';
import { platform } from 'node:process';

const yields = platform === 'linux';

/** Where the operator does not say. */
export function defaultThreads() {
  return yields ? availableParallelism() : Math.max(1, availableParallelism() - 1);
}

/** From now on this thread runs when nobody else wants its core. Elsewhere than on Linux it would be the whole process. */
export function yieldToOthers() {
  if (yields) setPriority(0, constants.priority.PRIORITY_LOW);
}
