import type { Settings } from '../../config/settings.js';
import { examineRedis, type RedisReport } from '../../stores/redis/examine.js';
import { ok, problem, warning, type Finding } from './finding.js';

export interface RedisFindings {
  report: RedisReport | undefined;
  findings: Finding[];
}

/** @throws Misconfiguration, StoreUnavailable: the reason it cannot be used */
export async function examineTheRedis({ redisUrl, database }: Settings): Promise<RedisFindings> {
  if (!redisUrl) return { report: undefined, findings: [ok('Not used: sessions and counters are in the database.')] };
  const report = await examineRedis(redisUrl, database);
  const findings = rules.flatMap((rule) => rule(report));
  const { version, milliseconds } = report;
  return { report, findings: findings.length ? findings : [ok(`Redis ${version} answers in ${milliseconds} ms.`)] };
}

const rules: ((report: RedisReport) => Finding[])[] = [oldVersion, eviction, memory, persistence];

function oldVersion({ version }: RedisReport): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return [];
  return [problem(`Redis ${version} does not know all commands we use.`, 'Use Redis 6.2 or newer.')];
}

function eviction({ eviction }: RedisReport): Finding[] {
  if (eviction === '' || eviction === 'noeviction') return [];
  const message = `When its memory is full Redis throws away sessions and counters (maxmemory-policy ${eviction}).`;
  const advice = 'Set maxmemory-policy noeviction and enough maxmemory.';
  return [(eviction.startsWith('volatile-') ? warning : problem)(message, advice)];
}

function memory({ memoryLimit, memoryUsed }: RedisReport): Finding[] {
  if (memoryLimit === 0 || memoryUsed < 0.9 * memoryLimit) return [];
  const percent = Math.round((100 * memoryUsed) / memoryLimit);
  return [
    warning(`Redis has used ${percent} % of its maxmemory.`, 'Raise maxmemory: when it is full nobody can log in.'),
  ];
}

function persistence({ persists, saveFailed }: RedisReport): Finding[] {
  if (saveFailed)
    return [problem('Redis could not write its data to disk the last time.', 'Its log says why; is the disk full?')];
  if (persists !== false) return [];
  return [
    warning('Redis keeps nothing on disk: when it restarts everybody has to log in again.', 'Set appendonly yes.'),
  ];
}
