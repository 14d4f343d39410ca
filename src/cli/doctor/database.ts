import { existsSync, accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Settings } from '../../config/settings.js';
import { examineDatabase, type DatabaseReport } from '../../stores/examine.js';
import { sqlitePath } from '../../stores/open.js';
import { ok, problem, warning, type Finding } from './finding.js';

export interface DatabaseFindings {
  report: DatabaseReport | undefined;
  findings: Finding[];
}

/** @throws Misconfiguration, StoreUnavailable: the reason it cannot be used */
export async function examineTheDatabase(settings: Settings): Promise<DatabaseFindings> {
  const file = fileOf(settings);
  if (file && !existsSync(file)) return { report: undefined, findings: [notYet(file), ...room(file)] };
  const report = await examineDatabase({ ...settings, clock: { now: () => Date.now() } });
  const findings = [...(file ? [...rights(file), ...room(file)] : []), ...judge(report, settings)];
  const isFine = findings.every(({ state }) => state === 'ok');
  return { report, findings: isFine ? [ok(summary(report))] : findings };
}

function fileOf({ databaseUrl }: Settings): string | undefined {
  const path = databaseUrl.startsWith('sqlite:') ? sqlitePath(databaseUrl) : ':memory:';
  return path === ':memory:' ? undefined : path;
}

const names = { sqlite: 'SQLite', postgres: 'PostgreSQL', mysql: 'MySQL' };
const nameOf = ({ engine, version }: DatabaseReport): string => (/mariadb/i.test(version) ? 'MariaDB' : names[engine]);

function summary(report: DatabaseReport): string {
  const { version, milliseconds } = report;
  return `${nameOf(report)} ${version} answers in ${milliseconds} ms, lets us change the schema and write, and is up to date.`;
}

function judge(report: DatabaseReport, settings: Settings): Finding[] {
  return [...oldVersion(report), ...refusal(report), ...journal(report), ...pending(report), ...few(report, settings)];
}

const least: Record<string, number> = { PostgreSQL: 15, MariaDB: 10.11, MySQL: 8 };

function oldVersion(report: DatabaseReport): Finding[] {
  const name = nameOf(report);
  const [, major, minor] = /(\d+)\.(\d+)/.exec(report.version.replace(/^5\.5\.5-/, '')) ?? [];
  const [mostMajor, mostMinor = 0] = String(least[name] ?? 0)
    .split('.')
    .map(Number);
  const rank = Number(major) * 1000 + Number(minor);
  if (rank >= mostMajor! * 1000 + mostMinor) return [];
  return [warning(`${name} ${report.version} is older than what is tested.`, `Use ${name} ${least[name]} or newer.`)];
}

function refusal({ refusal }: DatabaseReport): Finding[] {
  if (refusal === undefined) return [];
  return [
    problem(
      `The database does not let us ${refusal.replace(/\.$/, '')}.`,
      'Give our user the right to create, alter and write tables.',
    ),
  ];
}

function journal({ journal }: DatabaseReport): Finding[] {
  if (journal === undefined || journal === 'wal' || journal === 'memory') return [];
  return [
    problem(
      `SQLite keeps a ${journal} journal instead of a write-ahead log: readers wait for writers.`,
      'Put DATA_DIR on a local disk, not on a network share, and start the server once.',
    ),
  ];
}

function pending({ pending }: DatabaseReport): Finding[] {
  if (pending.length === 0) return [];
  const message = `${pending.length} migration${pending.length === 1 ? ' is' : 's are'} still to be done (${pending.join(', ')}).`;
  return [warning(message, 'The next start does it, or `gatehouse migrate`.')];
}

function few({ connections }: DatabaseReport, { database, http }: Settings): Finding[] {
  const wanted = database.poolSize * Math.max(1, http.workers);
  if (connections === undefined || wanted <= connections) return [];
  return [
    problem(
      `Our processes may open ${wanted} connections, the database accepts ${connections} from everybody.`,
      'Lower database.poolSize or raise max_connections.',
    ),
  ];
}

function notYet(file: string): Finding {
  const folder = nearestFolder(dirname(file));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    return problem(`${file} cannot be made: ${folder} is read-only for us.`, 'Correct its owner, or set DATA_DIR.');
  }
  return ok(`${file} is made at the first start.`);
}

const nearestFolder = (folder: string): string => (existsSync(folder) ? folder : nearestFolder(dirname(folder)));

function rights(file: string): Finding[] {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [
    warning(
      `Other users of this machine can open ${file} (${mode.toString(8)}), which holds password hashes.`,
      `chmod 600 ${file}`,
    ),
  ];
}

const megabyte = 2 ** 20;

function room(file: string): Finding[] {
  const { bavail, bsize } = statfsSync(nearestFolder(dirname(file)));
  const free = Math.floor((bavail * bsize) / megabyte);
  if (free >= 1024) return [];
  const judge = free < 100 ? problem : warning;
  return [judge(`Only ${free} MB are free where ${file} lies.`, 'Logins are answered 503 when the disk is full.')];
}
