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
 * they committed. Asked once per turn of the event loop: a request that arrives in a later turn than the change was
 * committed in never sees what was remembered before. Only when something was committed the counters that the triggers
 * keep are read, so that others' activity does not empty the memory.
 */
export function watchFile(local: LocalDatabase, forgetAll: Record<string, () => void>): () => void {
  const { dataVersion } = local;
  if (!dataVersion) return () => {};
  const text = 'select name, value from revisions';
  const seen = new Map<string, unknown>();
  let version: unknown;
  let looked = false;
  const compare = () => {
    for (const { name, value } of local.rows(text, []) as { name: string; value: number }[]) {
      if (seen.get(name) !== value) forgetAll[name]?.();
      seen.set(name, value);
    }
  };
  return () => {
    if (looked) return;
    looked = true;
    setImmediate(() => (looked = false));
    const now = dataVersion();
    if (now === version) return;
    compare();
    version = now;
  };
}
