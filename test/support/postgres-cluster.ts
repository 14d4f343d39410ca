import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';

const debian = '/usr/lib/postgresql';

/** Debian's PostgreSQL and OpenSSL, where they are installed. */
export const programs = existsSync(debian) && existsSync('/usr/bin/openssl') ? newest() : undefined;

function newest(): string {
  const version = readdirSync(debian).toSorted((left, right) => Number(right) - Number(left))[0]!;
  return join(debian, version, 'bin');
}

export interface TlsCluster {
  /** ends with `/postgres`; says nothing of TLS */
  url: string;
  /** the file of the certificate that signs itself, for 127.0.0.1 */
  certificate: string;
  stop(): void;
}

/** A server of its own that lets nobody in without TLS. */
export async function startTlsCluster(): Promise<TlsCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'));
  const data = join(folder, 'data');
  const certificate = join(folder, 'server.crt');
  const port = await freePort();
  chmodSync(folder, 0o755);
  if (userInfo().uid === 0) execFileSync('chown', ['postgres', folder]);
  run(join(programs!, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync']);
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1';
  run('openssl', [...request.split(' '), '-keyout', join(folder, 'server.key'), '-out', certificate]);
  run('sh', ['-c', `echo 'hostssl all all 127.0.0.1/32 trust' > ${data}/pg_hba.conf`]);
  const options = [`-p ${port}`, '-h 127.0.0.1', `-k ${folder}`, '-c fsync=off', '-c ssl=on'];
  options.push(`-c ssl_cert_file=${certificate}`, `-c ssl_key_file=${join(folder, 'server.key')}`);
  const control = (...args: string[]) => run(join(programs!, 'pg_ctl'), ['-D', data, '-s', '-w', ...args]);
  control('-l', join(folder, 'log'), '-o', options.join(' '), 'start');
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    certificate,
    stop() {
      control('-m', 'immediate', 'stop');
      rmSync(folder, { recursive: true });
    },
  };
}

/** PostgreSQL does not run as root. */
function run(file: string, args: string[]): void {
  const [command, ...rest] =
    userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--', file, ...args] : [file, ...args];
  execFileSync(command!, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
}
