import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { State } from '../../src/cli/doctor/finding.js';
import { temporaryFolder } from './gatehouse.js';
import { runHere } from './run-here.js';

export interface Examined {
  code: number | null;
  state: State;
  /** `problem: …`, `ok: …` of one check */
  of(check: string): string[];
}

/** `gatehouse doctor --json` in a folder of its own. */
export async function doctor(env: Record<string, string> = {}, config: object = {}): Promise<Examined> {
  const folder = temporaryFolder();
  const file = join(folder, 'config.yaml');
  const routes = join(folder, 'routes.yaml');
  writeFileSync(file, JSON.stringify(config));
  writeFileSync(routes, 'ping: { path: /ping, handler: ping }\n');
  const here = {
    PORT: '0',
    PUBLIC_URL: 'http://localhost:1',
    DATA_DIR: join(folder, 'var'),
    CONFIG_FILE: file,
    ROUTES_FILE: routes,
  };
  const { code, stdout } = await runHere(['doctor', '--json'], { ...here, ...env });
  const { state, findings } = JSON.parse(stdout) as {
    state: State;
    findings: { check: string; state: State; message: string; advice?: string }[];
  };
  const of = (check: string) =>
    findings
      .filter((finding) => finding.check === check)
      .map(({ state, message, advice = '' }) => `${state}: ${message} ${advice}`.trim());
  return { code, state, of };
}
