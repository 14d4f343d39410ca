import { Command, InvalidArgumentError } from 'commander';
import { loadEngine } from '../auth/password-engine.js';
import { costs, hashPassword } from '../auth/password-hashes.js';
import { defaultThreads } from '../auth/password-threads.js';
import { print, printJson } from './output.js';

/** `gatehouse calibrate` */
export function calibrateCommand(): Command {
  return new Command('calibrate')
    .description('measure this machine and propose the cost of a password hash')
    .option('--target <ms>', 'a login may take so many milliseconds', parseMilliseconds, 250)
    .option('--json', 'for scripts')
    .action(async ({ target, json }: { target: number; json?: boolean }) => {
      const calibration = await calibrate({ targetMilliseconds: target });
      if (json) printJson(calibration);
      else print(calibrationText(calibration).trimEnd());
    });
}

function parseMilliseconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It is not a number of milliseconds.');
  return Number(text);
}

export interface CostRow {
  cost: number;
  /** milliseconds a login takes */
  milliseconds: number;
  loginsPerSecondPerCore: number;
  /** with as many threads as `password.workers: 0` starts here */
  loginsPerSecond: number;
}

export interface Calibration {
  /** the package that hashes */
  engine: string;
  workers: number;
  targetMilliseconds: number;
  rows: CostRow[];
  /** the highest cost within the target, and never less than production allows */
  proposed: number;
}

export interface CalibrateOptions {
  targetMilliseconds?: number;
  from?: number;
}

const leastProposed = 10;

/** Measures this machine, one cost after the other, until a login takes longer than twice the target (`gatehouse calibrate`). */
export async function calibrate({ targetMilliseconds = 250, from = 8 }: CalibrateOptions = {}): Promise<Calibration> {
  const engine = await loadEngine();
  const workers = defaultThreads();
  const rows: CostRow[] = [];
  for (let cost = Math.max(from, costs.least); cost <= costs.most; cost++) {
    const milliseconds = measure(cost);
    const perCore = 1000 / milliseconds;
    rows.push({ cost, milliseconds, loginsPerSecondPerCore: perCore, loginsPerSecond: perCore * workers });
    if (milliseconds > 2 * targetMilliseconds && cost >= leastProposed) break;
  }
  return { engine, workers, targetMilliseconds, rows, proposed: proposeCost(rows, targetMilliseconds) };
}

/** The highest cost within the target, but none that production refuses. */
export function proposeCost(rows: CostRow[], target: number): number {
  const fitting = rows.filter(({ milliseconds }) => milliseconds <= target).map(({ cost }) => cost);
  return Math.max(leastProposed, ...fitting);
}

/** For a terminal. */
export function calibrationText({ engine, workers, targetMilliseconds, rows, proposed }: Calibration): string {
  const lines = rows.map((row) => {
    const [cost, time] = [String(row.cost).padStart(4), row.milliseconds.toFixed(1).padStart(10)];
    const [perCore, all] = [row.loginsPerSecondPerCore, row.loginsPerSecond].map((rate) =>
      rate.toFixed(1).padStart(10),
    );
    return `${cost}${time}${perCore}${all}${row.cost === proposed ? '  ← proposed' : ''}`;
  });
  const head = 'cost        ms  /s a core     /s all';
  const about = `Measured with ${engine}; "all" are the ${workers} thread${workers > 1 ? 's' : ''} that hash here.`;
  const advice = `For at most ${targetMilliseconds} ms a login set password.cost to ${proposed}.`;
  return [head, ...lines, '', about, advice, ''].join('\n');
}

/** The quickest of some runs: whatever else the machine did made the others slower. */
function measure(cost: number): number {
  let quickest = Infinity;
  const end = performance.now() + 400;
  for (let run = 0; run < 3 || (run < 20 && performance.now() < end); run++) {
    const start = performance.now();
    hashPassword('correct horse battery staple', cost);
    quickest = Math.min(quickest, performance.now() - start);
  }
  return quickest;
}
