/** Loaded into a server whose memory is measured: on SIGUSR2 it collects garbage and writes down what is left. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

process.on('SIGUSR2', () => {
  for (let times = 0; times < 4; times += 1) globalThis.gc();
  const file = join(process.env.BENCH_FOLDER, 'heap.json');
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
  renameSync(`${file}.new`, file);
});
