import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadSecret, splitSecrets } from '../../config/secret.js';
import { ok, problem, warning, type Examination, type Finding } from './finding.js';

/** Length, guessability and file permissions; never the secret. */
export const examineSecret: Examination = async ({ settings }) => {
  const secrets = splitSecrets(settings.secret);
  if (secrets.length === 0) return kept(settings);
  const weak = secrets.flatMap(weakness);
  if (weak.length > 0) return weak;
  const more = secrets.length - 1;
  return [ok(`GATEHOUSE_SECRET is set${more ? `, with ${more} older one${more === 1 ? '' : 's'} behind it` : ''}.`)];
};

const wanted = 32;
const least = 16;

function weakness(secret: string, index: number): Finding[] {
  const which = index === 0 ? 'GATEHOUSE_SECRET' : `Secret ${index + 1} of GATEHOUSE_SECRET`;
  const advice = 'Put a new one in front: node -p "crypto.randomBytes(32).toString(\'base64url\')"';
  if (secret.length < least) return [problem(`${which} has only ${secret.length} characters.`, advice)];
  if (secret.length < wanted)
    return [warning(`${which} has ${secret.length} characters, ${wanted} are wanted.`, advice)];
  if (new Set(secret).size < 10) return [problem(`${which} repeats few characters and can be guessed.`, advice)];
  return [];
}

function kept(settings: { dataDir: string; databaseUrl: string; redisUrl: string; production: boolean }): Finding[] {
  const file = join(settings.dataDir, 'secret');
  const findings = existsSync(file) ? [permissions(file)] : [ok(`${file} is made at the first start.`)];
  if (existsSync(file)) loadSecret({ secret: '', dataDir: settings.dataDir });
  if (settings.production && !settings.databaseUrl.startsWith('sqlite:')) findings.push(eachItsOwn);
  return findings;
}

const eachItsOwn = warning(
  'There is no GATEHOUSE_SECRET: each machine makes one of its own, and what one signs the others do not know.',
  'Set the same GATEHOUSE_SECRET on all machines.',
);

function permissions(file: string): Finding {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return ok(`${file} is for its owner only.`);
  return problem(`Other users of this machine can open ${file} (${mode.toString(8)}).`, `chmod 600 ${file}`);
}
