import { performance } from 'node:perf_hooks';
import type { LocalDatabase } from './engine.js';

/**
 * What the embedded database answered before, as long as nobody changed it. Bounded. Whoever changes a row says
 * `forget`; changes by other processes are noticed by `watchFile`. Nothing read before a change can get in after it,
 * because reading and keeping are one synchronous step.
 */
export interface Memory<K, V> {
  get(key: K): V | undefined;
  keep(key: K, value: V | undefined): V | undefined;
  forget(key: K): void;
  forgetWhere(test: (value: V) => boolean): void;
  clear(): void;
}

/**
 * Two generations: what is asked for moves to the young one; when that is full the old one is dropped as a whole.
 * Nearly as good as "least recently used" and costs one Map look-up.
 */
export function createMemory<K, V>(most: number, look: () => void = () => {}): Memory<K, V> {
  let young = new Map<K, V>();
  let old = new Map<K, V>();
  const keep = (key: K, value: V): V => {
    if (young.size >= most / 2) [old, young] = [young, new Map<K, V>()];
    young.set(key, value);
    return value;
  };
  return {
    get(key) {
      look();
      const value = young.get(key);
      if (value !== undefined) return value;
      const older = old.get(key);
      if (older === undefined) return undefined;
      old.delete(key);
      return keep(key, older);
    },
    keep: (key, value) => (value === undefined ? undefined : keep(key, value)),
    forget(key) {
      young.delete(key);
      old.delete(key);
    },
    forgetWhere(test) {
      for (const generation of [young, old])
        for (const [key, value] of generation) if (test(value)) generation.delete(key);
    },
    clear() {
      young = new Map();
      old = new Map();
    },
  };
}

/** For engines that are asked at every request: other machines may have changed the row a moment ago. */
export const noMemory: Memory<never, never> = {
  get: () => undefined,
  keep: (_key, value) => value,
  forget: () => {},
  forgetWhere: () => {},
  clear: () => {},
};

/**
 * Notices what other processes (workers, the command line) changed in the same file: `data_version` differs as soon as
 * they committed. Only then the counters kept by triggers are read, so that others' activity does not empty the memory.
 * Asked again whenever new input may have arrived: a request that was sent after a change was committed never sees what
 * was remembered before.
 */
export function watchFile(local: LocalDatabase, forgetAll: Record<string, () => void>): () => void {
  const { dataVersion } = local;
  if (!dataVersion) return () => {};
  const seen = new Map<string, number>();
  let version: unknown;
  let lastInput = -1;
  const compare = () => {
    const rows = local.rows('select name, value from revisions', []) as { name: string; value: number }[];
    for (const { name, value } of rows) {
      if (seen.get(name) !== value) forgetAll[name]?.();
      seen.set(name, value);
    }
  };
  return () => {
    const input = inputsSoFar();
    if (input === lastInput) return;
    const now = dataVersion();
    if (now !== version) compare();
    version = now;
    lastInput = input;
  };
}

/**
 * Grows each time the event loop asks the kernel for input, and costs a tenth of a microsecond. A flag that setImmediate
 * clears is no substitute: set outside the poll phase it outlives the next poll. Without the figure each look is new.
 */
const { nodeTiming } = performance as unknown as {
  nodeTiming: { uvMetricsInfo?: { loopCount: number; events: number } };
};
let calls = 0;
function inputsSoFar(): number {
  const metrics = nodeTiming.uvMetricsInfo;
  return metrics ? metrics.loopCount + metrics.events : calls++;
}
