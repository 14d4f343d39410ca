import { afterEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { answering, ask } from '../support/front.js';
import { rightPassword, startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';
import { freePort } from '../support/ports.js';
import { ended } from '../support/process.js';

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find((path) => existsSync(path));
const caddy = ['/usr/bin/caddy', '/usr/local/bin/caddy'].find((path) => existsSync(path));
const shipped = (name: string): string => readFileSync(new URL(`../../config/deploy/${name}`, import.meta.url), 'utf8');

if (!nginx) process.stdout.write('skipped: config/deploy/nginx.conf, there is no nginx on this machine\n');
if (!caddy) process.stdout.write('skipped: config/deploy/Caddyfile, there is no Caddy on this machine\n');

interface Ports {
  tls: number;
  plain: number;
  gatehouse: number;
  app: number;
}

const started: { proxy?: ChildProcess; app?: Server } = {};

afterEach(async () => {
  const { proxy, app } = started;
  if (proxy) {
    proxy.kill('SIGTERM');
    await ended(proxy);
  }
  app?.closeAllConnections();
  app?.close();
});

const routes = `
login: { path: /api/login/logins/auth, methods: POST, handler: login }
current: { path: /api/login/users/current, handler: current-user, middleware: [auth] }
verify: { path: /verify, handler: verify }
`;

/** The login server, and an application that says whom it hears of. */
async function behind(): Promise<{ gatehouse: TestGatehouse; ports: Ports }> {
  const env = { PUBLIC_URL: 'https://login.example' };
  const gatehouse = await startTestGatehouse({ routes, env, config: { http: { trustedProxies: ['127.0.0.1'] } } });
  await gatehouse.addUser();
  const app = createServer(({ headers }, answer) => {
    answer.end(JSON.stringify(['x-user-id', 'x-user-name', 'x-user-groups'].map((name) => headers[name] ?? '')));
  });
  started.app = app;
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const ports = {
    tls: await freePort(),
    plain: await freePort(),
    gatehouse: gatehouse.address().port,
    app: (app.address() as AddressInfo).port,
  };
  return { gatehouse, ports };
}

const inPlace = (text: string, { gatehouse, app }: Ports): string =>
  text.replaceAll('127.0.0.1:3000', `127.0.0.1:${gatehouse}`).replaceAll('127.0.0.1:8080', `127.0.0.1:${app}`);

function startNginx(ports: Ports): ChildProcess {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'logs'));
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = [
    '-subj',
    '/CN=login.example',
    '-days',
    '1',
    '-nodes',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
  ];
  execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const site = inPlace(shipped('nginx.conf'), ports)
    .replace('listen 443 ssl', `listen 127.0.0.1:${ports.tls} ssl`)
    .replace('listen 80', `listen 127.0.0.1:${ports.plain}`)
    .replace('/etc/ssl/login.example.pem', certificate)
    .replace('/etc/ssl/login.example.key', key);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const main = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;\nevents {}\n`;
  writeFileSync(join(folder, 'nginx.conf'), `${main}http { access_log off; ${temporary.join(' ')}\n${site}}\n`);
  const command = ['-p', folder, '-c', join(folder, 'nginx.conf')];
  execFileSync(nginx!, ['-t', '-q', ...command], { stdio: 'pipe' });
  return spawn(nginx!, command, { stdio: 'inherit' });
}

function startCaddy(ports: Ports): ChildProcess {
  const folder = temporaryFolder();
  const options = `{\n\tadmin off\n\thttp_port ${ports.plain}\n\thttps_port ${ports.tls}\n\tlocal_certs\n\tskip_install_trust\n\tlog default {\n\t\toutput discard\n\t}\n}\n`;
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `${options}${inPlace(shipped('Caddyfile'), ports)}`);
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const here = ['--config', file, '--adapter', 'caddyfile'];
  execFileSync(caddy!, ['validate', ...here], { env, stdio: 'pipe' });
  return spawn(caddy!, ['run', ...here], { env, stdio: 'ignore' });
}

const proxies: [string, string | undefined, (ports: Ports) => ChildProcess][] = [
  ['nginx.conf', nginx, startNginx],
  ['Caddyfile', caddy, startCaddy],
];

describe.each(proxies)('%s', (_name, program, start) => {
  (program ? test : test.skip)(
    'logs people in over TLS, tells the application who they are, and lets nobody else there',
    async () => {
      const { gatehouse, ports } = await behind();
      started.proxy = start(ports);
      await answering(ports.tls);
      const { tls: port } = ports;
      const forged = {
        'X-User-Id': '7',
        'X-User-Name': 'root',
        'X-User-Groups': 'admins',
      };

      const stranger = await ask('/app/page', { port, headers: forged });
      expect([401, 302]).toContain(stranger.status);
      expect(stranger.text).not.toContain('root');
      expect((await ask('/', { port: ports.plain, tls: false })).headers.location).toMatch(/^https:\/\/login\.example/);

      const login = await ask('/api/login/logins/auth', {
        port,
        method: 'POST',
        headers: { ...forged, 'Content-Type': 'application/json' },
        body: JSON.stringify({ username: 'user', password: rightPassword }),
      });
      expect(login.status).toBe(200);
      const [session] = (login.headers['set-cookie'] as string[]).filter((line) => line.startsWith('fe_typo_user='));
      expect(session).toMatch(/; secure/i);
      expect(gatehouse.eventsOf('login')[0]).toMatchObject({ origin: { address: '127.0.0.1' } });

      const Cookie = session!.split(';')[0]!;
      const seen = await ask('/app/page', { port, headers: { ...forged, Cookie } });
      expect([seen.status, seen.text]).toEqual([200, '["1","user",""]']);
      expect((await ask('/api/login/users/current', { port, headers: { Cookie } })).status).toBe(200);
    },
  );
});
