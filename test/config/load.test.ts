import { afterAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, readSettings, shippedConfig } from '../../src/config/load.js';
import { leaves } from '../../src/config/schema.js';
import { settingsTable } from '../../src/config/table.js';
import { Misconfiguration } from '../../src/errors.js';
import { pointerText } from '../../src/lib/pointer.js';

const cwd = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
afterAll(() => rmSync(cwd, { recursive: true }));

type Env = Record<string, string>;

function load(env: Env = {}, yaml?: string) {
  if (yaml !== undefined) writeFileSync(join(cwd, 'mine.yaml'), yaml);
  return loadSettings({ cwd, env: yaml === undefined ? env : { CONFIG_FILE: 'mine.yaml', ...env } });
}

function mistakes(env: Env = {}, yaml?: string): string[] {
  try {
    load(env, yaml);
    return [];
  } catch (error) {
    if (!(error instanceof Misconfiguration)) throw error;
    return error.message.split('\n').filter((line) => !/^ {4,}/.test(line) && !/^ +\d+ \|/.test(line));
  }
}

test('without anything set it is a development server on port 3000 with its data in var', () => {
  const settings = load();
  expect(settings).toMatchObject({
    production: false,
    publicUrl: 'http://localhost:3000',
    dataDir: join(cwd, 'var'),
    databaseUrl: `sqlite:${join(cwd, 'var', 'gatehouse.sqlite')}`,
    redisUrl: '',
    smtpUrl: '',
    routesFile: join(cwd, 'routes.yaml'),
    secret: '',
    http: { host: '127.0.0.1', port: 3000 },
    mail: { from: 'no-reply@localhost', siteAddress: 'no-reply@localhost', templates: '' },
  });
});

test('default.yaml has every setting with its comment, and nothing else', () => {
  const table = settingsTable();
  expect(table.map(({ name }) => name).sort()).toEqual([...leaves.keys()].map(pointerText).sort());
  expect(table.filter(({ comment }) => comment.length < 5)).toEqual([]);
  const fallback = table.find(({ name }) => name === 'http.fallbackDialects');
  expect(fallback?.default).toMatch(/^\{\/: typo3, \/account: html, \/admin: html, \/user: drupal, /);
});

test('the environment names of the interface reach their settings', () => {
  const settings = load({
    PORT: '4000',
    HOST: '0.0.0.0',
    PUBLIC_URL: 'https://login.example.org/',
    DATA_DIR: '/srv/data',
    DATABASE_URL: 'postgres://gate:p%40ss@db/gate',
    REDIS_URL: 'redis://cache:6379',
    SMTP_URL: 'smtps://mail.example.org',
    ROUTES_FILE: '/srv/routes.yaml',
    GATEHOUSE_SECRET: 'new,old',
  });
  expect(settings).toMatchObject({
    publicUrl: 'https://login.example.org',
    dataDir: '/srv/data',
    databaseUrl: 'postgres://gate:p%40ss@db/gate',
    redisUrl: 'redis://cache:6379',
    smtpUrl: 'smtps://mail.example.org',
    routesFile: '/srv/routes.yaml',
    secret: 'new,old',
    http: { host: '0.0.0.0', port: 4000 },
    mail: { from: 'no-reply@login.example.org' },
  });
});

test('the port alone moves the address with it', () => {
  expect(load({ PORT: '4000' }).publicUrl).toBe('http://localhost:4000');
});

test('an own file wins over the stage, the stage over the defaults, and mappings are merged', () => {
  const settings = load(
    { NODE_ENV: 'test' },
    'password: { minLength: 12 }\nroles: { editors: [write] }\nhttp: { fallbackDialects: { /user: null, /app: typo3 } }\ncors:\nroutes: { controllers: }\n',
  );
  expect(settings.password).toMatchObject({ minLength: 12, cost: 4, queue: 256 });
  expect(settings.roles).toEqual({ anonymous: ['restful post user_registration'], editors: ['write'] });
  expect(Object.keys(settings.http.fallbackDialects)).toEqual([
    '/',
    '/account',
    '/admin',
    '/session',
    '/rest',
    '/entity',
    '/app',
  ]);
  expect(settings.cors.origins).toEqual([]);
});

// (ASVS 13.4.2)
test('production and a stage without a file of its own are fine', () => {
  expect(load({ NODE_ENV: 'production' })).toMatchObject({ production: true, docs: { enabled: false } });
  expect(load({ NODE_ENV: 'staging' })).toMatchObject({ production: false, docs: { enabled: true } });
  expect(load({ NODE_ENV: '../../etc/passwd' }).production).toBe(false);
});

test('an own file of comments changes nothing', () => {
  expect(load({}, '# later\n\n---\n')).toEqual(load());
});

test('any value may take a variable, with a default, nested, escaped, as a list, a number, a switch', () => {
  const yaml = [
    'cors: { origins: "${ORIGINS}", credentials: "${CREDENTIALS:-no}" }',
    'lockout: { attempts: "${ATTEMPTS:-${FALLBACK:-7}}" }',
    'mail: { from: "${NAME:-Gate} <${BOX:-gate}@example.org>" }',
    'log: { file: "$${x}-${EMPTY:-}" }',
  ].join('\n');
  const settings = load(
    { ORIGINS: 'https://a.example, https://b.example', FALLBACK: '9', BOX: 'door', EMPTY: '' },
    yaml,
  );
  expect(settings.cors).toEqual({ origins: ['https://a.example', 'https://b.example'], credentials: false });
  expect(settings.lockout.attempts).toBe(9);
  expect(settings.mail.from).toBe('Gate <door@example.org>');
  expect(settings.log.file).toBe('${x}-');
});

// (ASVS 13.3.1)
test('secrets can come from files', () => {
  writeFileSync(join(cwd, 'db'), 'postgres://gate:secret@db/gate\n');
  expect(load({ DATABASE_URL_FILE: 'db' }).databaseUrl).toBe('postgres://gate:secret@db/gate');
  expect(mistakes({ DATABASE_URL_FILE: 'db', DATABASE_URL: 'postgres://x/y' })[0]).toMatch(
    /databaseUrl: DATABASE_URL and DATABASE_URL_FILE are both set/,
  );
  expect(mistakes({ SMTP_URL_FILE: 'missing' })[0]).toMatch(
    /smtpUrl: SMTP_URL_FILE: .*missing cannot be read \(ENOENT\)/,
  );
});

test('a wrong variable is named, with the place that asks for it', () => {
  const [line, more] = mistakes({ PORT: 'http' });
  expect(line).toMatch(
    /default\.yaml:\d+:9 http\.port: must be a whole number from 0 to 65535, but the environment variable PORT says "http"$/,
  );
  expect(more).toBeUndefined();
  expect(mistakes({ PORT: '70000' })).toHaveLength(1);
  expect(mistakes({ PUBLIC_URL: 'login.example.org' })[0]).toMatch(
    /publicUrl: must be an http or https URL .*"login.example.org" \(from the environment variable PUBLIC_URL\)$/,
  );
});

test('the value of a secret is never shown', () => {
  const env = { DATABASE_URL: 'oracle://gate:hunter2@db', REDIS_URL: 'hunter2', SMTP_URL: 'smtp://gate:hunter2@[bad' };
  const all = mistakes(env, 'metrics: { token: [hunter2] }\nwebhooks: [{ url: "https://x.example", secret: hunter2 }]');
  expect(all).toHaveLength(5);
  expect(all.join('\n')).not.toContain('hunter2');
});

test('a Redis may be a cluster or stand behind sentinels', () => {
  for (const url of ['redis+cluster://a:1,b:2', 'rediss+cluster://:pw@a,b', 'redis+sentinel://a:1,b/house'])
    expect(load({ REDIS_URL: url }).redisUrl).toBe(url);
  expect(mistakes({ REDIS_URL: 'redis+other://a' }).join()).toContain('redis+sentinel://… or redis+cluster://…');
});

test('all mistakes are reported at once, each at its place', () => {
  const yaml = [
    'sesion: {}',
    'session:',
    '  cookie:',
    '    samesite: none',
    '    sameSite: nome',
    '  idleMinutes: "100"',
    'minLength: 12',
    'mail: { from: 7 }',
    'cors:',
    '  origins: [https://app.example/]',
    'redirects:',
    '  afterLogin: //evil.example',
  ].join('\n');
  expect(mistakes({}, yaml).map((line) => line.replace(cwd, ''))).toEqual([
    'mine.yaml:1:1 sesion: there is no such setting, did you mean "session"?',
    'mine.yaml:4:5 session.cookie.samesite: there is no such setting, did you mean "sameSite"?',
    'mine.yaml:5:15 session.cookie.sameSite: must be one of lax, strict, none, not "nome", did you mean "none"?',
    'mine.yaml:6:16 session.idleMinutes: must be a whole number from 1 to 525600, not "100"',
    'mine.yaml:7:1 minLength: there is no such setting, did you mean "password.minLength"?',
    'mine.yaml:8:15 mail.from: must be text, not 7; put it in quotes',
    'mine.yaml:10:13 cors.origins[0]: must be an origin without path or default port, did you mean "https://app.example"?',
    "mine.yaml:12:15 redirects.afterLogin: http://evil.example is neither publicUrl's origin nor listed in redirects.origins",
  ]);
});

test('a message shows the line with a caret below the mistake', () => {
  writeFileSync(join(cwd, 'mine.yaml'), 'lockout:\n  attempts: many\n');
  expect(() => loadSettings({ cwd, env: { CONFIG_FILE: 'mine.yaml' } })).toThrow(
    'mine.yaml:2:13 lockout.attempts: must be a whole number from 1 to 1000000, not "many"\n' +
      '    2 |   attempts: many\n' +
      '      |             ^^^^',
  );
});

// (ASVS 11.4.2)
test.each<[string, string, Env, string]>([
  [
    'a cookie for other sites needs https',
    'session: { cookie: { sameSite: none } }',
    {},
    'none needs an https publicUrl',
  ],
  ['a cookie domain holds the host', 'session: { cookie: { domain: example.org } }', {}, 'host localhost is not in it'],
  ['a __Host- cookie needs https', 'session: { cookie: { name: __Host-x } }', {}, 'needs an https publicUrl'],
  ['every origin is not an origin', 'cors: { origins: ["*"] }', {}, 'name the exact origins'],
  ['an origin has no path', 'redirects: { origins: [https://a.example/x] }', {}, 'did you mean "https://a.example"?'],
  ['an origin has a scheme', 'cors: { origins: [app.example] }', {}, 'must be an origin such as'],
  ['a redirect to an unknown origin', 'redirects: { loginPage: https://evil.example/x }', {}, 'neither publicUrl'],
  ['a redirect that hides a host', 'redirects: { error: { whenLocked: "/\\\\evil.example" } }', {}, 'backslash'],
  ['a redirect without a slash', 'redirects: { afterLogin: welcome }', {}, 'must be a path that begins with "/"'],
  ['a redirect of another kind', 'redirects: { afterLogin: "javascript:alert(1)" }', {}, 'must be a path'],
  ['a redirect with a user', 'redirects: { afterLogin: "http://me@localhost:3000/" }', {}, 'no user or password'],
  ['a proxy is a network', 'http: { trustedProxies: [10.0.0.0/33] }', {}, 'must be a network such as'],
  ['time-outs fit together', 'http: { headersTimeoutSeconds: 60 }', {}, 'http.requestTimeoutSeconds'],
  ['idle is not longer than absolute', 'session: { idleMinutes: 2000 }', {}, 'session.absoluteHours'],
  ['a cheap hash in production', 'password: { cost: 9 }', { NODE_ENV: 'production' }, 'at least 10 in production'],
  ['a short secret in production', '', { NODE_ENV: 'production', GATEHOUSE_SECRET: 'x' }, 'at least 16 characters'],
  ['an address is one', 'mail: { from: "Gate <gate>" }', {}, 'must be an address or'],
  [
    'an address has no line breaks',
    'mail: { siteAddress: "a@b.example\\nBcc: x@y.example" }',
    {},
    'must be an address',
  ],
  ['a webhook has an address', 'webhooks: [{ url: x, secret: 0123456789abcdef }]', {}, 'http or https URL'],
  [
    'a webhook is asked for events there are',
    'webhooks: [{ url: "https://x.example", secret: 0123456789abcdef, events: [login, lokout] }]',
    {},
    'there is no event "lokout", did you mean "lockout"?',
  ],
  ['a webhook has a secret', 'webhooks: [{ url: "https://x.example" }]', {}, '"secret" is missing'],
  ['a prefix is a path', 'http: { fallbackDialects: { user: drupal } }', {}, 'must begin with "/"'],
  ['a public URL has no query', '', { PUBLIC_URL: 'https://x.example/?a' }, 'no user, password, query'],
  ['a variable without default', 'log: { file: "${LOG_FILE}" }', {}, 'the environment variable LOG_FILE is not set'],
  ['a variable that is none', 'log: { file: "${LOG FILE}" }', {}, 'this is no variable'],
  ['a variable that does not end', 'log: { file: "${LOG:-x" }', {}, 'this is no variable'],
  ['a mapping that is a list', 'session: [1]', {}, 'must be a mapping'],
  ['a file that is a list', '- publicUrl', {}, 'settings are a mapping'],
  ['an own file that is not there', '', { CONFIG_FILE: 'nowhere.yaml' }, 'CONFIG_FILE names nowhere.yaml'],
])('refused: %s', (_, yaml, env, message) => {
  const found = mistakes(env, yaml);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

test.each([
  ['redirects: { afterLogin: "https://app.example/home?x#y", origins: [https://app.example] }', {}],
  ['redirects: { afterLogin: /welcome, loginPage: http://localhost:3000/login }', {}],
  ['session: { cookie: { sameSite: none, domain: .example.org } }', { PUBLIC_URL: 'https://login.example.org' }],
  ['http: { trustedProxies: [10.0.0.0/8, 192.168.1.1, "::1/128", "fd00::1"] }', {}],
  ['mail: { from: "Das Tor <tor@example.org>" }', {}],
  ['routes: { extensions: { tx_news: { adminGroups: ["1"] } } }', {}],
  ['', { DATABASE_URL: 'sqlite::memory:' }],
])('accepted: %s', (yaml, env) => {
  expect(mistakes(env as Env, yaml)).toEqual([]);
});

test('lists that may be left out are there', () => {
  const yaml =
    'routes: { extensions: { tx_a: {} } }\nwebhooks: [{ url: "https://x.example", secret: 0123456789abcdef }]';
  const settings = load({}, yaml);
  expect(settings.routes.extensions['tx_a']).toEqual({ adminUsers: [], adminGroups: [] });
  expect(settings.webhooks[0]?.events).toEqual([]);
});

test('others can say where a setting stands', () => {
  writeFileSync(join(cwd, 'mine.yaml'), 'lockout:\n  attempts: 3\n');
  const { place, files } = readSettings({ cwd, env: { CONFIG_FILE: 'mine.yaml' } });
  expect(place('/lockout/attempts')).toMatchObject({ file: 'mine.yaml', line: 2, column: 13 });
  expect(place('/lockout/minutes')?.file).toMatch(/default\.yaml$/);
  expect(files).toEqual([join(shippedConfig, 'default.yaml'), join(cwd, 'mine.yaml')]);
});

test('the files of another folder can take the place of the shipped ones', () => {
  const folder = join(cwd, 'config');
  mkdirSync(folder);
  writeFileSync(join(folder, 'default.yaml'), 'publicUrl: http://x.example\n');
  expect(() => loadSettings({ cwd, env: {}, configFolder: folder })).toThrow(/"dataDir" is missing/);
});

test('mistakes are told from the top of the file to its end, and a file that says only null says nothing', () => {
  const text = 'session:\n  idleMinutes: 9999999\nhttp:\n  port: x\nlog:\n  level: loud\nnonsense: 1\n';
  expect(mistakes({}, text).map((line) => /^\S+?:(\d+):/.exec(line)?.[1])).toEqual(['2', '4', '6', '7']);
  expect(mistakes({}, 'null\n')).toEqual([]);
});
