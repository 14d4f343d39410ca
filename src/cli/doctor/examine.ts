import { readSettings, type LoadedSettings } from '../../config/load.js';
import { describeMistake, Misconfiguration } from '../../errors.js';
import { examineAddress } from './address.js';
import { lookAround } from './around.js';
import { compareClocks } from './clocks.js';
import { examineCookies } from './cookies.js';
import { examineTheDatabase } from './database.js';
import type { Examination, Finding, Patient } from './finding.js';
import { examineMail } from './mail.js';
import { examineProxies } from './proxies.js';
import { examineTheRedis } from './redis.js';
import { examineRoutes } from './routes.js';
import { examineSecret } from './secret.js';

export type Named = Finding & { check: string };

/** Everything at once; each examination has its own time. */
export async function examine(): Promise<Named[]> {
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
