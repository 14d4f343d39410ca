import { afterEach, expect, jest, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, type Call } from '../support/agent.js';
import { gatehouse, said, serve } from '../support/command.js';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';
import { createRecorder } from '../support/spans.js';
import { leaksIn } from './forms.mjs';

jest.setTimeout(120_000);

/** Every secret that was used, by what it is; each is found again wherever it should not be. */
class Canaries {
  readonly all = new Map<string, string>();
  /** with what URLs, JSON and base64 change */
  readonly make = (name: string): string => this.keep(name, `${name} & ${randomBytes(12).toString('base64url')}?`);
  readonly makeOpaque = (name: string): string => this.keep(name, randomBytes(32).toString('base64url'));
  keep(name: string, value: string): string {
    this.all.set(value, name);
    return value;
  }
  /** the names of those a text holds */
  namesIn(text: string): string[] {
    return leaksIn(text, this.all.keys()).map((secret) => this.all.get(secret)!);
  }
}

let mail: MailServer | undefined;
afterEach(() => mail?.close());

const login = '/api/login/logins/auth';

/** Everything a client can do with a secret, right and wrong; answers what was said to whom had none. */
async function useEverySecret(url: string, canaries: Canaries, tokenFor: (page: string) => Promise<string>) {
  const told: string[] = [];
  const stranger = async (path: string, call: Call = {}): Promise<void> => {
    const { text, headers } = await new Agent(url).call(path, call);
    told.push(text, JSON.stringify([...headers].filter(([name]) => name !== 'set-cookie')));
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    stranger(path, { method: 'POST', body, headers });
  const keepCookies = (agent: Agent): Agent => {
    for (const [name, value] of agent.cookies) if (value.length > 20) canaries.keep(`cookie ${name}`, value);
    return agent;
  };
  const logIn = async (password: string): Promise<Agent> => {
    const agent = new Agent(url);
    const answer = await agent.post(login, { username: 'ann', password });
    expect(answer.status).toBe(200);
    return keepCookies(agent);
  };

  const password = [...canaries.all].find(([, name]) => name === 'first password')![0];
  const agent = await logIn(password);
  await agent.get('/api/login/users/current');
  await post(login, { username: 'ann', password: canaries.make('wrong password') });
  await post(login, `{"username":"ann","password":"${canaries.make('password in broken JSON')}`);
  await post(login, `username=ann&password=${encodeURIComponent(canaries.make('password in a form'))}`);
  await post(`${login}?password=${encodeURIComponent(canaries.make('password in the query'))}`, { username: 'ann' });
  const basic = (secret: string) => ({ Authorization: `Basic ${Buffer.from(`ann:${secret}`).toString('base64')}` });
  await stranger('/user/1?_format=json', { headers: basic(canaries.make('wrong Basic password')) });
  await stranger('/user/1?_format=json', {
    headers: { Authorization: `Bearer ${canaries.makeOpaque('bearer token')}` },
  });
  await stranger('/account', {
    headers: { Cookie: `fe_typo_user=${canaries.makeOpaque('unknown session')}`, Accept: 'text/html' },
  });
  await agent.post('/api/login/profile', {}, { 'X-CSRF-Token': canaries.makeOpaque('wrong CSRF token') });
  await agent.get('/boom', { 'X-CSRF-Token': canaries.makeOpaque('CSRF token of a crash') });
  await post('/boom', { password: canaries.make('password of a crash') });

  const drupal = new Agent(url);
  const answer = await drupal.post('/user/login?_format=json', { name: 'ann', pass: password });
  const tokens = answer.json as { csrf_token: string; logout_token: string };
  canaries.keep('CSRF token', tokens.csrf_token);
  canaries.keep('logout token', tokens.logout_token);
  keepCookies(drupal);
  await drupal.post(`/user/logout?_format=json&token=${canaries.makeOpaque('wrong logout token')}`, '');
  await drupal.post(`/user/logout?_format=json&token=${tokens.logout_token}`, '');

  await post('/api/login/magic-link', { email: 'ann@example.com' });
  const magic = canaries.keep('magic token', await tokenFor('/login/magic-link'));
  await stranger(`/login/magic-link?token=${magic}`, { headers: { Accept: 'text/html' } }).then(() => told.splice(-2));
  // slips in a link: a dot at its end, a lost question mark, an unknown path
  for (const path of [
    `/login/magik-link/${magic}`,
    `/login/magic-linktoken=${magic}`,
    `/x?token=${magic}.`,
    `/${magic}/y`,
  ])
    await stranger(path).then(() => told.splice(-2));
  keepCookies(await new Agent(url).post('/api/login/magic-link/login', { token: magic }).then(() => new Agent(url)));
  await post('/api/login/magic-link/login', { token: canaries.makeOpaque('unknown magic token') });

  await post('/api/login/reset-password-link', { email: 'ann@example.com' });
  const reset = canaries.keep('reset token', await tokenFor('/login/reset-password'));
  const second = canaries.make('second password');
  await post('/api/login/reset-password', {
    token: reset,
    password: second,
    passwordConfirmation: canaries.make('not the same'),
  });
  await post('/api/login/reset-password', { token: reset, password: second, passwordConfirmation: second });
  const again = await logIn(second);
  const third = canaries.make('third password');
  await again.post('/api/login/change-password', {
    currentPassword: second,
    password: third,
    passwordConfirmation: third,
  });
  keepCookies(again);
  await again.get('/api/login/logins/logout');
  const registered = canaries.make('password of a registration');
  await post('/user/register?_format=json', {
    name: { value: 'bob' },
    pass: { value: registered },
    mail: { value: 'bob@example.com' },
  });
  return told;
}

const ownCode = `export function boom() { throw new TypeError('boom') }\n`;
const boomRoute = `\nboom: { path: /boom, methods: [GET, POST], handler: './boom.js#boom' }\n`;
const shipped = readFileSync(new URL('../../routes.yaml', import.meta.url), 'utf8');

test('no password, token, cookie or key is in the log, the figures, the answers or the database', async () => {
  const canaries = new Canaries();
  const folder = temporaryFolder();
  const smtp = canaries.make('SMTP password');
  mail = await startMailServer({
    authOptional: false,
    onAuth: ({ username = '', password }, _session, answer) =>
      password === smtp ? answer(null, { user: username }) : answer(new Error('Invalid login')),
  });
  const metrics = canaries.makeOpaque('metrics token');
  const hook = canaries.make('webhook secret');
  const webhooks = [{ url: 'http://127.0.0.1:1/hook', secret: hook, events: [] }];
  writeFileSync(join(folder, 'boom.js'), ownCode);
  writeFileSync(join(folder, 'routes.yaml'), shipped + boomRoute);
  const config = { webhooks, webhookOptions: { allowPrivateAddresses: true }, metrics: { enabled: true } };
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  const env = {
    ROUTES_FILE: 'routes.yaml',
    CONFIG_FILE: 'config.yaml',
    LOG_LEVEL: 'trace',
    METRICS_TOKEN: metrics,
    GATEHOUSE_SECRET: canaries.makeOpaque('secret'),
    SMTP_URL: `smtp://gate:${encodeURIComponent(smtp)}@127.0.0.1:${mail.port}`,
  };
  const first = canaries.make('first password');
  const add = ['user', 'add', 'ann', '--email', 'ann@example.com', '--admin', '--password-stdin'];
  const added = await gatehouse(add, { folder, env, input: `${first}\n` });
  expect(added.code).toBe(0);
  const server = await serve(folder, env);
  const newest = (page: string): string | undefined =>
    mail!.mails.map(({ text = '' }) => text.split(`${page}?token=`)[1]?.slice(0, 43)).findLast(Boolean);
  const tokenFor = async (page: string): Promise<string> => {
    for (let tries = 0; tries < 400 && !newest(page); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
    return newest(page)!;
  };
  const told = await useEverySecret(server.url, canaries, tokenFor);
  const figures = await new Agent(server.url).get('/metrics', { Authorization: `Bearer ${metrics}` });
  expect(figures.text).toContain('gatehouse_requests_total{route="boom",status="500"} 2');
  await said(server, /boom/);
  await server.end('SIGTERM');
  const commands = await Promise.all(
    [['user', 'list', '--json'], ['mail', 'list', '--json'], ['audit', '--json'], ['doctor', '--json'], ['routes']].map(
      (args) => gatehouse(args, { folder, env }),
    ),
  );
  const data = join(folder, 'var');
  const files = readdirSync(data).filter((name) => name.startsWith('gatehouse.sqlite'));
  expect(canaries.all.size).toBeGreaterThan(30);
  expect({
    log: canaries.namesIn(server.output()),
    figures: canaries.namesIn(figures.text),
    answers: canaries.namesIn(told.join('\n')),
    commands: canaries.namesIn([added, ...commands].map(({ stdout, stderr }) => stdout + stderr).join('\n')),
    database: canaries.namesIn(files.map((name) => readFileSync(join(data, name), 'latin1')).join('\n')),
  }).toEqual({ log: [], figures: [], answers: [], commands: [], database: [] });
});

test('no secret of the configuration is in what is said about servers that refuse or are not there, or about mistakes', async () => {
  const canaries = new Canaries();
  const password = (name: string) => encodeURIComponent(canaries.make(name));
  const folder = temporaryFolder();
  const at = '127.0.0.1:1';
  writeFileSync(join(folder, 'config.yaml'), '{ database: { waitSeconds: 0 }, mail: { login: false } }');
  const base = { CONFIG_FILE: 'config.yaml', PORT: '0' };
  const postgres = { ...base, DATABASE_URL: `postgres://gate:${password('PostgreSQL password')}@${at}/house` };
  const mariadb = { ...base, DATABASE_URL: `mysql://gate:${password('MariaDB password')}@${at}/house` };
  const redis = { ...base, REDIS_URL: `redis://:${password('Redis password')}@${at}` };
  const smtp = { ...base, SMTP_URL: `smtp://gate:${password('SMTP password')}@${at}` };
  const unreadable = {
    ...base,
    DATABASE_URL: `postgres://gate:${canaries.make('unreadable password')}@[${at}`,
    REDIS_URL: `redis:/${canaries.makeOpaque('unreadable Redis password')}`,
    GATEHOUSE_SECRET: canaries.make('secret of a misconfigured server'),
  };
  const runs: [string[], Record<string, string>][] = [
    ...[postgres, mariadb, redis, smtp].map((env): [string[], Record<string, string>] => [['doctor'], env]),
    ...[postgres, mariadb, redis, unreadable].map((env): [string[], Record<string, string>] => [['serve'], env]),
    [['migrate'], postgres],
    [['backup', 'copy'], mariadb],
    [['check'], unreadable],
    [['mail', 'test', 'ann@example.com'], smtp],
  ];
  const ended = await Promise.all(runs.map(([args, env]) => gatehouse(args, { folder, env })));
  expect(ended.map(({ code }) => code)).not.toContain(0);
  expect(canaries.namesIn(ended.map(({ stdout, stderr }) => stdout + stderr).join('\n'))).toEqual([]);
});

test('no secret is in a trace', async () => {
  const canaries = new Canaries();
  const { tracer, spans } = createRecorder();
  const tracing = { tracer, close: async () => {} };
  const house = await startTestGatehouse({ tracing, routes: shipped + boomRoute.replace("'./boom.js#boom'", 'ping') });
  await house.addUser({ username: 'ann', email: 'ann@example.com', password: canaries.make('first password') });
  const { mailedToken } = await import('../support/links.js');
  await useEverySecret(house.url, canaries, (page) => mailedToken(house, page));
  expect(spans.length).toBeGreaterThan(100);
  expect(canaries.namesIn(JSON.stringify(spans))).toEqual([]);
  expect(canaries.namesIn(JSON.stringify(house.logged))).toEqual([]);
});

test('what would be found is found: plain, in a URL, in base64, and inside of something longer', () => {
  const [opaque, spoken] = ['abcDEF0123_-xyzABCDEF', 'a & b? a pass phrase'];
  for (const text of [opaque, `prefix-${opaque}-suffix`, Buffer.from(opaque).toString('base64')])
    expect(leaksIn(`x ${text} y`, [opaque])).toEqual([opaque]);
  for (const text of [spoken, encodeURIComponent(spoken), new URLSearchParams({ a: spoken }).toString()])
    expect(leaksIn(`x ${text} y`, [spoken])).toEqual([spoken]);
  expect(leaksIn('nothing here', [opaque, spoken])).toEqual([]);
});
