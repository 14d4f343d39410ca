import { afterEach, describe, expect, jest, test } from '@jest/globals';
import Database from 'libsql';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Agent } from '../support/agent.js';
import { gatehouse, said, serve, type Served } from '../support/command.js';
import { temporaryFolder } from '../support/gatehouse.js';

jest.setTimeout(60_000);

const login = '/api/login/logins/auth';
const authenticated = '/api/login/users/authenticated';
const anew = { Connection: 'close' };

/** Two workers over one file, with the user of the first start logged in. */
async function twoWorkers(): Promise<{ server: Served; agent: Agent }> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.yaml'), 'metrics: { enabled: true }\n');
  const server = await serve(folder, { LOG_LEVEL: 'info', CONFIG_FILE: 'config.yaml' }, ['--workers', '2']);
  const [, password] = await said(server, /password {2}(\S+)/);
  await said(server, /"started":2/);
  const agent = new Agent(server.url);
  expect((await agent.post(login, { username: 'user', password }, anew)).status).toBe(200);
  return { server, agent };
}

function pidOf(server: Served, worker: number): number {
  return Number(new RegExp(`"started":${worker},"pid":(\\d+)`).exec(server.output())![1]);
}

describe('gatehouse serve --workers 2', () => {
  test('shows a login to every worker, loses one with only what it was answering, and ends with all', async () => {
    const { server, agent } = await twoWorkers();
    const ask = () =>
      agent.get(authenticated, anew).then(
        ({ json }) => json,
        () => 'lost',
      );
    const answered = (worker: number) => new RegExp(`"worker":${worker}.*users/authenticated`).test(server.output());
    let asked = 0;
    while (!answered(1) || !answered(2)) {
      asked += 6;
      const round = await Promise.all(Array.from({ length: 6 }, ask));
      expect(new Set(round.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"authenticated":true}']));
    }
    const { text } = await agent.get('/metrics', anew);
    expect(text).toContain(`gatehouse_requests_total{route="login_users-authenticated",status="200"} ${asked}\n`);
    expect(text).toMatch(/^gatehouse_workers 2$/m);
    expect(text).toMatch(/^gatehouse_sessions 1$/m);

    const answers: unknown[] = [];
    const loading = new AbortController();
    const load = Array.from({ length: 4 }, async () => {
      while (!loading.signal.aborted) answers.push(await ask());
    });
    process.kill(pidOf(server, 1), 'SIGKILL');
    await said(server, /"started":3/);
    loading.abort();
    await Promise.all(load);
    expect(answers.filter((answer) => answer === 'lost').length).toBeLessThanOrEqual(4);
    expect(answers.filter((answer) => answer !== 'lost')).toContainEqual({ authenticated: true });
    expect(answers).not.toContainEqual({ authenticated: false });

    await agent.get('/api/login/logins/logout', anew);
    for (let times = 0; times < 4; times += 1) expect(await ask()).toEqual({ authenticated: false });
    expect(server.output().match(/curl -i/g)).toHaveLength(1);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  test('a worker ended by hand finishes its requests and is replaced', async () => {
    const { server, agent } = await twoWorkers();
    process.kill(pidOf(server, 2), 'SIGTERM');
    await said(server, /"started":3/);
    expect((await agent.get(authenticated, anew)).json).toEqual({ authenticated: true });
    expect(server.output()).toMatch(/"lost":2,"pid":\d+,"code":0/);
    expect(await server.end('SIGINT')).toBe(0);
  });
});

describe('what keeps all workers from starting', () => {
  let taken: Server | undefined;
  afterEach(() => void taken?.close());

  test('a mistake in the routes is said once', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'routes.yaml'), 'auth:\n  path: /login\n  methods: POST\n  handler: logn\n');
    const env = { ROUTES_FILE: 'routes.yaml', PORT: '0', WEB_CONCURRENCY: '3' };
    const ended = await gatehouse(['serve'], { folder, env });
    expect(ended.code).toBe(78);
    expect(ended.stderr.match(/unknown handler/g)).toHaveLength(1);
  });

  test('a taken port is said once', async () => {
    taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken!.listen(0, '127.0.0.1', () => resolve((taken!.address() as { port: number }).port));
    });
    const ended = await gatehouse(['serve', '--workers', '2'], { env: { PORT: String(port) } });
    expect(ended).toMatchObject({
      code: 78,
      stderr: `http.port: port ${port} on 127.0.0.1 is taken by another program\n`,
    });
  });

  test('a database that each would have for itself is refused', async () => {
    const ended = await gatehouse(['serve', '--workers', '2'], { env: { DATABASE_URL: 'sqlite::memory:' } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain('lives in one process');
  });
});

describe('a database that cannot be reached at start', () => {
  function locked(folder: string): Database.Database {
    mkdirSync(join(folder, 'var'));
    const other = new Database(join(folder, 'var', 'gatehouse.sqlite'));
    other.exec('pragma locking_mode = exclusive; begin exclusive; create table strange (a)');
    return other;
  }

  function patience(folder: string, waitSeconds: number): Record<string, string> {
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify({ database: { waitSeconds, statementTimeoutMs: 100 } }));
    return { CONFIG_FILE: 'config.yaml', PORT: '0' };
  }

  test('is waited for, and the wait is announced', async () => {
    const folder = temporaryFolder();
    const other = locked(folder);
    const server = await serve(
      folder,
      patience(folder, 30),
      [],
      /^The database cannot be reached yet, waiting: .*locked/,
    );
    other.close();
    const [, url] = await said(server, /listens on (\S+)/);
    expect((await new Agent(url!).get('/health/ready')).status).toBe(200);
    await server.end('SIGTERM');
  });

  test('ends the server with 75 after database.waitSeconds', async () => {
    const folder = temporaryFolder();
    const other = locked(folder);
    const ended = await gatehouse(['serve'], { folder, env: patience(folder, 1) });
    other.close();
    expect(ended.code).toBe(75);
    expect(ended.stderr).toMatch(/The database could not be reached: /);
  });
});
