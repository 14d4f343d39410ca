/** What the operating system says about a process: CPU time, threads, memory. Linux; elsewhere the columns stay empty. */
import { readFileSync, readdirSync } from 'node:fs';

const tick = 10_000;

/** User and system time so far, in microseconds. */
export function cpuOf(pid) {
  return timeIn(`/proc/${pid}/stat`);
}

/** The same for each thread by its id. */
export function threadsOf(pid) {
  try {
    return new Map(readdirSync(`/proc/${pid}/task`).map((id) => [Number(id), timeIn(`/proc/${pid}/task/${id}/stat`)]));
  } catch {
    return new Map();
  }
}

function timeIn(file) {
  try {
    const fields = readFileSync(file, 'utf8').split(') ').at(-1).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * tick;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory in MB. */
export function memoryOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
