import { Command } from 'commander';
import { readSettings, type LoadedSettings } from '../config/load.js';
import { describeMistake, Misconfiguration } from '../errors.js';
import { lookAround } from './doctor/around.js';
import { examineAddress } from './doctor/address.js';
import { compareClocks } from './doctor/clocks.js';
import { examineCookies } from './doctor/cookies.js';
import { examineTheDatabase } from './doctor/database.js';
import type { Examination, Finding, Patient, State } from './doctor/finding.js';
import { examineMail } from './doctor/mail.js';
import { examineProxies } from './doctor/proxies.js';
import { examineTheRedis } from './doctor/redis.js';
import { examineRoutes } from './doctor/routes.js';
import { examineSecret } from './doctor/secret.js';
import { CommandFailure, exitCodes } from './exit.js';
import { print, printJson } from './output.js';

type Named = Finding & { check: string };

/** `gatehouse doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look for what keeps logins from working: cookies, proxies, clocks, database, Redis, mail, secret')
    .option('--json', 'for scripts')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await examine();
      const state = worst(findings);
      if (json)
        printJson({ state, findings: findings.map(({ misconfigured: _misconfigured, ...finding }) => finding) });
      else print(findings.map(line).join('\n'));
      if (state === 'problem') throw new CommandFailure(summary(findings), exitCodeOf(findings));
    });
}

function summary(findings: Finding[]): string {
  const count = (state: State, word: string): string => {
    const { length } = findings.filter((finding) => finding.state === state);
    return `${length} ${word}${length === 1 ? '' : 's'}`;
  };
  return `${count('problem', 'problem')}, ${count('warning', 'warning')}.`;
}

/** Everything at once; each examination has its own time. */
async function examine(): Promise<Named[]> {
  let loaded: LoadedSettings;
  try {
    loaded = readSettings({ env: process.env, cwd: process.cwd() });
  } catch (error) {
    return mistaken(error).map((finding) => ({ check: 'configuration', ...finding }));
  }
  const { settings } = loaded;
  const patient: Patient = { loaded, settings, around: lookAround(settings) };
  const results = await Promise.all(
    Object.entries(examinations(patient)).map(async ([check, findings]) =>
      (await inTime(findings)).map((finding) => ({ check, ...finding })),
    ),
  );
  return results.flat();
}

/** In the order of the report. */
function examinations(patient: Patient): Record<string, Promise<Finding[]>> {
  const { settings, around } = patient;
  const database = examineTheDatabase(settings);
  const redis = examineTheRedis(settings);
  const clocks = Promise.allSettled([database, redis, around]).then(([first, second, third]) =>
    compareClocks({
      database: first.status === 'fulfilled' ? first.value.report : undefined,
      redis: second.status === 'fulfilled' ? second.value.report : undefined,
      around: (third as PromiseFulfilledResult<Awaited<typeof around>>).value,
    }),
  );
  const run = (examination: Examination) => examination(patient);
  return {
    routes: run(examineRoutes),
    secret: run(examineSecret),
    address: run(examineAddress),
    cookies: run(examineCookies),
    proxies: run(examineProxies),
    database: database.then(({ findings }) => findings),
    redis: redis.then(({ findings }) => findings),
    clocks,
    mail: run(examineMail),
  };
}

const patience = 10_000;

async function inTime(findings: Promise<Finding[]>): Promise<Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    const message = `No answer in ${patience / 1000} seconds.`;
    timer = setTimeout(() => resolve([{ state: 'problem', message }]), patience);
  });
  try {
    return await Promise.race([findings.catch(mistaken), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What an examination threw, as its finding. */
function mistaken(error: unknown): Finding[] {
  if (!(error instanceof Misconfiguration)) return [{ state: 'problem', message: (error as Error).message }];
  return error.mistakes.map((mistake) => ({
    state: 'problem',
    message: describeMistake(mistake).split('\n')[0]!,
    misconfigured: true,
  }));
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
