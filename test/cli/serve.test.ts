import { describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Agent } from '../support/agent.js';
import { rightPassword, temporaryFolder } from '../support/gatehouse.js';
import { gatehouse, serve } from '../support/command.js';
import { slowTest } from '../support/slow.js';

const login = '/api/login/logins/auth';

/** ten levels of ten: ten billion words once expanded */
const bomb = Array.from(
  { length: 10 },
  (_, level) =>
    `l${level}: &l${level} [${Array(10)
      .fill(level ? `*l${level - 1}` : 'x')
      .join(',')}]\n`,
).join('');

async function withUser(): Promise<string> {
  const folder = temporaryFolder();
  const added = await gatehouse(['user', 'add', 'user', '--email', 'user@example.com', '--password-stdin'], {
    folder,
    input: `${rightPassword}\n`,
  });
  expect(added).toMatchObject({ code: 0, stdout: 'user has the id 1.\n' });
  return folder;
}

describe('gatehouse serve', () => {
  test('on an empty database prints a curl line, once, that logs in as it stands', async () => {
    const folder = temporaryFolder();
    const server = await serve(folder);
    for (let tries = 0; tries < 100 && !server.output().includes('curl'); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const body = /-d '(\{.*\})'/.exec(server.output())![1]!;
    expect((await new Agent(server.url).post(login, JSON.parse(body))).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
    const again = await serve(folder);
    await again.end('SIGTERM');
    expect(again.output()).not.toContain('curl');
  });

  // (ASVS 6.3.2)
  test('in production it creates nobody and says how to', async () => {
    const config = join(temporaryFolder(), 'config.yaml');
    writeFileSync(config, 'accounts: { conceal: false }\n');
    const server = await serve(temporaryFolder(), {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://login.example',
      CONFIG_FILE: config,
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await server.end('SIGTERM');
    expect(server.output()).toContain('npx gatehouse user add');
  });

  slowTest('killed in the middle of 100 logins, it starts again with every session it had answered for', async () => {
    const folder = await withUser();
    const server = await serve(folder);
    const answered: Agent[] = [];
    const logins = Array.from({ length: 100 }, async () => {
      const agent = new Agent(server.url);
      const answer = await agent.post(login, { username: 'user', password: rightPassword });
      if (answer.status !== 200) return;
      answered.push(agent);
      if (answered.length === 30) server.child.kill('SIGKILL');
    });
    await Promise.allSettled(logins);
    expect(answered.length).toBeGreaterThanOrEqual(30);
    const again = await serve(folder);
    for (const agent of answered) {
      const successor = new Agent(again.url, { Cookie: `fe_typo_user=${agent.cookies.get('fe_typo_user')}` });
      expect((await successor.get('/api/login/users/authenticated')).json).toEqual({ authenticated: true });
    }
    await again.end('SIGTERM');
  });

  test('ended by SIGTERM it answers every request it has begun to read', async () => {
    const folder = await withUser();
    const server = await serve(folder);
    const requests = await Promise.all(Array.from({ length: 10 }, () => begin(server.url + login)));
    const ended = server.end('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const statuses = await Promise.all(requests.map((finish) => finish({ username: 'user', password: rightPassword })));
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 200));
    expect(await ended).toBe(0);
  });
});

/** Sends the head of a request; resolves when the server has read it and asks for the body. */
function begin(url: string): Promise<(body: object) => Promise<number | undefined>> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers: { Expect: '100-continue' } });
    const status = new Promise<number | undefined>((answered, failed) => {
      call.on('response', (response) => answered(response.resume().statusCode));
      call.on('error', failed);
    });
    call.on('error', reject);
    call.on('continue', () =>
      resolve((body) => {
        call.end(JSON.stringify(body));
        return status;
      }),
    );
    call.flushHeaders();
  });
}

describe('what keeps the server from starting', () => {
  test.each([
    ['empty', '', 'empty'],
    ['a list', '- a\n- b\n', 'routes.yaml:1:1'],
    ['larger than 1 MiB', `# ${'x'.repeat(2 * 1024 * 1024)}\n`, '1048576'],
    ['a YAML bomb', bomb, 'alias'],
  ])('a routes.yaml that is %s ends it with 78 and says so', async (_what, text, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'routes.yaml'), text);
    const ended = await gatehouse(['serve'], { folder, env: { ROUTES_FILE: 'routes.yaml', PORT: '0' } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain(message);
    expect(ended.stdout).not.toContain('listens');
  });

  test('a routes.yaml in Latin-1 is named as such', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'routes.yaml'), Buffer.from('a: { path: /ä, handler: ping }\n', 'latin1'));
    const ended = await gatehouse(['check'], { folder, env: { ROUTES_FILE: 'routes.yaml' } });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toMatch(/UTF-8/);
  });

  test('a wrong word is reported with line, column, excerpt and the right word', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'routes.yaml'), 'auth:\n  path: /login\n  methods: POST\n  handler: logn\n');
    const ended = await gatehouse(['serve'], { folder, env: { ROUTES_FILE: 'routes.yaml' } });
    expect(ended).toEqual({
      code: 78,
      stdout: '',
      stderr:
        'routes.yaml:4:12 auth.handler: unknown handler "logn", did you mean "login"?\n    4 |   handler: logn\n      |            ^^^^\n',
    });
  });

  test('a database file that is something else, read-only or newer is left alone', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'var'));
    const file = join(folder, 'var', 'gatehouse.sqlite');
    writeFileSync(file, 'this is a letter, not a database '.repeat(100));
    const ended = await gatehouse(['serve'], { folder });
    expect(ended.code).toBe(78);
    expect(ended.stderr).toContain('gatehouse.sqlite');
    expect((await import('node:fs')).readFileSync(file, 'utf8')).toMatch(/^this is a letter/);
  });

  test('a port that is taken is said in one line', async () => {
    const folder = temporaryFolder();
    const server = await serve(folder);
    const ended = await gatehouse(['serve'], { folder: temporaryFolder(), env: { PORT: new URL(server.url).port } });
    await server.end('SIGTERM');
    expect(ended.code).toBe(78);
    expect(ended.stderr).toMatch(/^.*port \d+ .*\n$/i);
  });
});

describe('what the operator chose and cannot be had', () => {
  test.each([
    [
      'a log file that is a folder',
      { config: 'log: { file: /tmp }' },
      /^log\.file: \/tmp cannot be written to \(EISDIR\)\n$/,
    ],
    [
      'a host nobody knows',
      { HOST: 'nowhere.invalid' },
      /^http\.host: no address is known for the host "nowhere.invalid"\n$/,
    ],
    ['a data folder in /proc', { DATA_DIR: '/proc/nowhere' }, /^DATABASE_URL: \/proc\/nowhere cannot be written to/],
  ])(
    '%s ends the start with 78 and one sentence',
    async (_what, { config = '', ...env }: Record<string, string>, text) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'config.yaml'), config);
      const ended = await gatehouse(['serve'], { folder, env: { PORT: '0', CONFIG_FILE: 'config.yaml', ...env } });
      expect(ended).toMatchObject({ code: 78, stdout: '', stderr: expect.stringMatching(text) });
    },
  );
});

describe('gatehouse user', () => {
  test('refuses in sentences, says what is missing, and prints its version', async () => {
    const folder = temporaryFolder();
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const odd = ['user', 'add', ' x', '--email', 'nobody', '--group', 'a,b', '--password-stdin'];
    const answers = await Promise.all([odd, ['user', 'add'], ['--version']].map((args) => gatehouse(args, { folder })));
    expect(answers).toMatchObject([
      {
        code: 1,
        stderr:
          'username: This must not begin with a space.\nemail: This is not an e-mail address.\ngroups: This is not valid.\n',
      },
      { code: 2, stderr: expect.stringContaining("missing required argument 'name'") },
      { code: 0, stdout: `${version}\n` },
    ]);
  });

  slowTest('adds, shows, disables, enables and deletes a user, and never shows a hash', async () => {
    const folder = await withUser();
    const shown = await gatehouse(['user', 'show', 'user', '--json'], { folder });
    expect(JSON.parse(shown.stdout)).toMatchObject({ username: 'user', state: 'active' });
    expect(shown.stdout).not.toMatch(/passwordHash|\$2/);
    expect((await gatehouse(['user', 'disable', 'user'], { folder })).code).toBe(0);
    expect(JSON.parse((await gatehouse(['user', 'list', '--json'], { folder })).stdout)).toMatchObject([
      { state: 'disabled' },
    ]);
    expect((await gatehouse(['user', 'delete', 'user'], { folder })).code).toBe(0);
    expect(await gatehouse(['user', 'show', 'user'], { folder })).toMatchObject({
      code: 1,
      stderr: 'There is no user "user".\n',
    });
  });

  slowTest('refuses a taken name and a weak password by field, and wrong use by 2', async () => {
    const folder = await withUser();
    const add = (input: string) =>
      gatehouse(['user', 'add', 'USER', '--email', 'x@example.com', '--password-stdin'], { folder, input });
    expect(await add('a good enough secret\n')).toMatchObject({ code: 1, stderr: expect.stringContaining('username') });
    expect(await add('short\n')).toMatchObject({ code: 1, stderr: expect.stringContaining('password') });
    expect((await gatehouse(['user', 'add', 'x'], { folder })).code).toBe(2);
    expect((await gatehouse(['nonsense'], { folder })).code).toBe(2);
    expect((await gatehouse(['user', 'add', '--help'], { folder })).code).toBe(0);
  });

  slowTest('a logout on the command line is seen by the very next request of the running server', async () => {
    const folder = await withUser();
    const server = await serve(folder);
    const agent = new Agent(server.url);
    await agent.post(login, { username: 'user', password: rightPassword });
    expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: true });
    expect((await gatehouse(['user', 'logout', 'user'], { folder })).stdout).toBe('1 session of user ended.\n');
    expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: false });
    await server.end('SIGTERM');
  });
});
