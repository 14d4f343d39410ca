import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What something still holds, in bytes; what only waits for the collector does not count. */
export function memoryHeld(): NodeJS.MemoryUsage {
  collectGarbage();
  return process.memoryUsage();
}
