import { afterEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../support/agent.js';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find((path) => existsSync(path));
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const started: { nginx?: ChildProcess; backend?: Server } = {};

if (!nginx) process.stdout.write('skipped: forward-auth with nginx, there is no nginx on this machine\n');

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The README's own lines, with the ports of this test. */
function configuration(folder: string, ports: { nginx: number; gatehouse: number; backend: number }): string {
  const locations = /```nginx\n([\s\S]*?)```/.exec(readme)![1]!;
  const here = locations
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${ports.gatehouse}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${ports.backend}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${temporary.join(' ')}
  server { listen 127.0.0.1:${ports.nginx};
${here}  }
}`;
}

async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await sleep(25);
  }
  throw new Error('nginx does not listen');
}

afterEach(async () => {
  const { nginx: child, backend } = started;
  if (child && child.exitCode === null)
    await new Promise((resolve) => child.once('exit', resolve) && child.kill('SIGTERM'));
  backend?.closeAllConnections();
  backend?.close();
});

(nginx ? test : test.skip)(
  'nginx asks as the README has it: strangers get 401, a user’s name reaches the backend, forged ones do not',
  async () => {
    const routes = `login: { path: /api/login/logins/auth, methods: POST, handler: login }\nverify: { path: /verify, handler: verify }`;
    const gatehouse = await startTestGatehouse({ routes });
    await gatehouse.addUser();
    started.backend = createServer((asked, answer) => answer.end(`hello ${String(asked.headers['x-user-name'])}`));
    const ports = {
      nginx: await freePort(),
      gatehouse: gatehouse.address().port,
      backend: await listen(started.backend),
    };
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, ports));
    started.nginx = spawn(nginx!, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
    await reachable(ports.nginx);

    const front = new Agent(`http://127.0.0.1:${ports.nginx}`);
    expect((await front.get('/private/page', { 'X-User-Name': 'forged' })).status).toBe(401);
    front.cookies.set('fe_typo_user', (await gatehouse.loggedIn()).cookies.get('fe_typo_user')!);
    expect(await front.get('/private/page', { 'X-User-Name': 'forged' })).toMatchObject({
      status: 200,
      text: 'hello user',
    });
  },
);
