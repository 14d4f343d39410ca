/** A bounded share of the processor for a process, by Linux control groups: needs root, as in a container. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const period = 100_000;
const first = '/sys/fs/cgroup/cpu';
const second = '/sys/fs/cgroup';

/** How the two versions of control groups write a bound; the second first has to hand the controller down. */
const versions = {
  first: {
    root: first,
    bound: (folder, quota) => {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(period));
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota));
    },
  },
  second: {
    root: second,
    bound: (folder, quota) => {
      if (!readFileSync(join(second, 'cgroup.subtree_control'), 'utf8').split(/\s+/).includes('cpu'))
        writeFileSync(join(second, 'cgroup.subtree_control'), '+cpu');
      writeFileSync(join(folder, 'cpu.max'), `${quota} ${period}`);
    },
  },
};

/**
 * Bounds a process with all its threads.
 * @param share of one core, 0.25 = a quarter of its time
 * @returns how to end it, when the process is gone
 */
export function boundCpu(pid, share) {
  const { root, bound } = existsSync(join(first, 'cgroup.procs')) ? versions.first : versions.second;
  const folder = join(root, `gatehouse-bench-${pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    bound(folder, Math.round(period * share));
    appendFileSync(join(folder, 'cgroup.procs'), String(pid));
  } catch (error) {
    throw new Error('no share of the processor can be set here: this part needs root and Linux', { cause: error });
  }
  return async () => {
    for (let tries = 0; existsSync(folder) && tries < 50; tries += 1)
      try {
        rmdirSync(folder);
      } catch {
        await sleep(20);
      }
  };
}
