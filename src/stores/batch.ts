/**
 * One question for all keys that are asked for in one turn of the event loop. Nothing is remembered: the question is put
 * after the last of them was asked for, so each answer is as fresh as if it had been asked alone.
 */
export function batched<K, V>(load: (keys: K[]) => Promise<Map<K, V>>): (key: K) => Promise<V | undefined> {
  let gathering: { keys: Set<K>; answers: Promise<Map<K, V>> } | undefined;
  const gather = () => {
    const keys = new Set<K>();
    const answers = new Promise(setImmediate).then(() => {
      gathering = undefined;
      return load([...keys]);
    });
    return { keys, answers };
  };
  return async (key) => {
    const { keys, answers } = (gathering ??= gather());
    keys.add(key);
    return (await answers).get(key);
  };
}
