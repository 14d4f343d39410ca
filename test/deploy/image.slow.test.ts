import { expect, jest, test } from '@jest/globals';
import { execFileSync, spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent } from '../support/agent.js';
import { freePort, reachable } from '../support/ports.js';
import { ended } from '../support/process.js';

jest.setTimeout(300_000);

const top = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(top, 'config/deploy/Containerfile'), 'utf8').replaceAll('\\\n', ' ');

/** `COPY package.json ./` → `{ word: 'COPY', rest: 'package.json ./' }` */
const lines = text
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ word: line.slice(0, line.indexOf(' ')), rest: line.slice(line.indexOf(' ') + 1).trim() }));
const restsOf = (word: string): string[] => lines.filter((line) => line.word === word).map(({ rest }) => rest);
const commandOf = (rest: string): string[] => JSON.parse(rest.slice(rest.indexOf('['))) as string[];

/** Nobody in particular; without root the tests run as such a user already. */
const stranger: SpawnOptions = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

function copy(rest: string, folder: string): void {
  if (rest.startsWith('--from')) return;
  const names = rest.split(/\s+/);
  const target = join(folder, names.pop()!);
  for (const name of names.flatMap((pattern) => matching(pattern))) {
    const isFolder = statSync(join(top, name)).isDirectory();
    cpSync(join(top, name), isFolder ? target : join(target, name.split('/').at(-1)!), { recursive: true });
  }
}

/** `config/*.yaml`, or a plain name, which must exist. */
function matching(pattern: string): string[] {
  return pattern.includes('*')
    ? execFileSync('bash', ['-c', `ls -d ${pattern}`], { cwd: top, encoding: 'utf8' })
        .trim()
        .split('\n')
    : [pattern];
}

test('what the Containerfile copies, installs and starts serves from a tree nobody may write to, and its health check answers', async () => {
  const image = mkdtempSync(join(tmpdir(), 'gatehouse-image-'));
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-data-'));
  const [app, port] = [join(image, 'gatehouse'), await freePort()];
  try {
    mkdirSync(app);
    for (const { word, rest } of lines) {
      if (word === 'COPY') copy(rest, app);
      if (word === 'RUN' && rest.startsWith('npm ')) execFileSync('bash', ['-c', rest], { cwd: app, stdio: 'pipe' });
    }
    expect(existsSync(join(app, 'node_modules/typescript'))).toBe(false);
    execFileSync('chmod', ['-R', 'a+rX,a-w', image]);
    chmodSync(image, 0o555);
    if (stranger.uid) execFileSync('chown', [`${stranger.uid}:${stranger.gid}`, data]);

    const set = Object.fromEntries(restsOf('ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('='))));
    expect(set).toMatchObject({ NODE_ENV: 'production', DATA_DIR: '/data' });
    const here = { HOST: '127.0.0.1', PORT: String(port), DATA_DIR: data, PUBLIC_URL: 'https://login.example' };
    const options = { cwd: app, env: { PATH: process.env.PATH, HOME: data, ...set, ...here }, ...stranger };
    const [node, ...start] = commandOf(restsOf('CMD')[0]!);
    expect(node).toBe('node');
    const check = commandOf(restsOf('HEALTHCHECK')[0]!);
    const isHealthy = () => spawnSync(process.execPath, check.slice(1), options as object).status;

    expect(isHealthy()).toBe(1);
    const server = spawn(process.execPath, start, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
    await reachable(port, 30);
    expect(isHealthy()).toBe(0);
    const run = (args: string[], input = '') =>
      spawnSync(process.execPath, [start[0]!, ...args], { ...options, input, encoding: 'utf8' } as object);
    const add = ['user', 'add', 'ann', '--email', 'ann@login.example', '--password-stdin'];
    expect(run(add, 'a pass phrase of hers\n').status).toBe(0);
    const agent = new Agent(`http://127.0.0.1:${port}`);
    const credentials = { username: 'ann', password: 'a pass phrase of hers' };
    expect((await agent.post('/api/login/logins/auth', credentials)).status).toBe(200);
    expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600);
    server.kill('SIGTERM');
    await ended(server);
    expect(server.exitCode).toBe(0);
  } finally {
    execFileSync('chmod', ['-R', 'u+w', image]);
    for (const folder of [image, data]) rmSync(folder, { recursive: true, force: true });
  }
});
