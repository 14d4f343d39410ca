import { Command } from 'commander';
import type { Named } from './doctor/examine.js';
import type { Finding, State } from './doctor/finding.js';
import { CommandFailure, exitCodes } from './exit.js';
import { plural, print, printJson } from './output.js';

/** `gatehouse doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look for what keeps logins from working: cookies, proxies, clocks, database, Redis, mail, secret')
    .option('--json', 'for scripts')
    .action(async ({ json }: { json?: boolean }) => {
      const { examine } = await import('./doctor/examine.js');
      const findings = await examine();
      const state = worst(findings);
      if (json)
        printJson({ state, findings: findings.map(({ misconfigured: _misconfigured, ...finding }) => finding) });
      else print(findings.map(line).join('\n'));
      if (state === 'problem') throw new CommandFailure(summary(findings), exitCodeOf(findings));
    });
}

function summary(findings: Finding[]): string {
  const count = (state: State): string => plural(findings.filter((finding) => finding.state === state).length, state);
  return `${count('problem')}, ${count('warning')}.`;
}

function worst(findings: Finding[]): State {
  const order: State[] = ['problem', 'warning', 'ok'];
  return order.find((state) => findings.some((finding) => finding.state === state)) ?? 'ok';
}

function exitCodeOf(findings: Finding[]): number {
  return findings.some(({ misconfigured }) => misconfigured) ? exitCodes.misconfigured : exitCodes.failed;
}

function line({ state, check, message, advice }: Named): string {
  const text = advice ? `${message} ${advice}` : message;
  return `${state.padEnd(8)} ${check.padEnd(13)} ${text.replaceAll(/[\p{Cc}]+/gu, ' ')}`;
}
