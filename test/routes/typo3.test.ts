import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import type { RouteEntry } from '../../src/routes/contract.js';
import { loadRoutes, type LoadOptions } from '../../src/routes/load.js';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';
import { filesIn, settings, vocabulary } from '../support/routes.js';

const published = fileURLToPath(new URL('fixtures/ext-login-routes.yml', import.meta.url));

function load(files: Record<string, string>, options: Partial<LoadOptions> = {}): RouteEntry[] {
  const folder = filesIn(files);
  const main = Object.keys(files)[0]!;
  return loadRoutes(join(folder, main), { vocabulary, settings, cwd: folder, ...options }).entries;
}

function byName(entries: RouteEntry[]): Record<string, RouteEntry> {
  return Object.fromEntries(entries.map((entry) => [entry.name, entry]));
}

const ping = 'controller: LMS\\Routes\\Controller\\ManagementController::ping';

test('the published routes of EXT:login load as they are', () => {
  const { entries } = loadRoutes(published, { vocabulary, settings });
  expect(
    entries.map(({ path, methods, handler, middleware }) => [
      path,
      methods.join(),
      handler,
      middleware.map(({ name, parameters }) => [name, ...parameters].join(' ')).join(),
    ]),
  ).toEqual([
    ['/api/login/users/current', 'GET', 'current-user', 'auth'],
    ['/api/login/users/authenticated', 'GET', 'authenticated', ''],
    ['/api/login/users/simulate/{username}', 'GET', 'simulate', 'admin'],
    ['/api/login/users/terminate/{user}', 'GET', 'terminate', 'admin'],
    ['/api/login/users/one-time-account/{hash}', 'GET', 'one-time-account', 'account-hash'],
    ['/api/login/logins/auth', 'POST', 'login', 'throttle 50 10'],
    ['/api/login/logins/logout', 'GET', 'logout', 'authenticate'],
    ['/api/login/magic-link', 'POST', 'magic-link', ''],
    ['/api/login/reset-password-link', 'POST', 'reset-password-link', ''],
  ]);
  // requirements on names that are not in the path do nothing
  expect(byName(entries)['login_logins-auth']!.requirements).toEqual({});
  expect(byName(entries)['login_users-terminate']!.requirements).toEqual({ user: '\\d+' });
});

test('its nine endpoints answer when ROUTES_FILE names it', async () => {
  const gatehouse = await startTestGatehouse({ routes: readFileSync(published, 'utf8') });
  await gatehouse.addUser();
  await gatehouse.addUser({ username: 'boss', email: 'boss@example.com', admin: true });
  const agent = await gatehouse.loggedIn();
  const boss = await gatehouse.loggedIn('boss');
  const answers = [
    await agent.get('/api/login/users/current'),
    await agent.get('/api/login/users/authenticated'),
    await boss.get('/api/login/users/terminate/999'),
    await agent.get('/api/login/users/simulate/user'),
    await agent.get('/api/login/users/one-time-account/nobody'),
    await agent.post('/api/login/magic-link', { email: 'user@example.com' }),
    await agent.post('/api/login/reset-password-link', { email: 'user@example.com' }),
    await agent.post('/api/login/logins/auth', { username: 'us/er', password: rightPassword }),
    await boss.get('/api/login/users/simulate/user'),
    await agent.get('/api/login/logins/logout'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 403, 404, 200, 200, 422, 200, 200]);
});

test.each([
  ['LMS\\Login\\Controller\\UserApiController::current', 'current-user'],
  ['\\LMS\\Flogin\\Controller\\UserApiController::simulateLogin', 'simulate'],
  ['LMS\\Routes\\Controller\\ManagementController::ping', 'ping'],
  ['Vendor\\Demo\\Controller\\PhotoController::list', 'authenticated'],
])('the controller %s is our %s', (controller, handler) => {
  const own = {
    ...settings,
    routes: { ...settings.routes, controllers: { 'Vendor\\Demo\\Controller\\PhotoController::list': 'authenticated' } },
  };
  const [entry] = load({ 'Routes.yml': `a:\n  path: a\n  controller: ${controller}\n` }, { settings: own });
  expect(entry!.handler).toBe(handler);
});

test.each([
  ['LMS\\Routes\\Middleware\\Api\\VerifyCsrfToken', 'csrf', []],
  ['LMS\\Routes\\Middleware\\Api\\VerifyGroup:5,tx_demo', 'group', ['5', 'tx_demo']],
  ['LMS\\Routes\\Middleware\\Api\\VerifyUser:user,tx_demo', 'owner', ['user', 'tx_demo']],
  ['LMS\\Login\\Middleware\\Api\\VerifyAccountCreationHash', 'account-hash', []],
  ['Vendor\\Demo\\Middleware\\Mine:1', 'throttle', ['1', '1']],
])('the middleware %s is our %s', (word, name, parameters) => {
  const own = {
    ...settings,
    routes: { ...settings.routes, middleware: { 'Vendor\\Demo\\Middleware\\Mine': 'throttle' } },
  };
  const text = `a:\n  path: a/{user}/{hash}\n  ${ping}\n  options:\n    middleware:\n      - ${word.replace(':1', ':1,1')}\n`;
  const [entry] = load({ 'Routes.yml': text }, { settings: own });
  expect(entry!.middleware[0]).toMatchObject({ name, parameters });
});

test('an entry without methods answers every method', () => {
  const [entry] = load({ 'Routes.yml': `a:\n  path: a\n  ${ping}\n` });
  expect(entry!.methods).toEqual([]);
});

test('every key of Symfony is accepted, with what it means here', () => {
  const [entry] = load({
    'Routes.yml': `
photos:
  path: /{_locale}/photos/{id<[0-9]++>}/{page?1}
  controller: LMS\\Routes\\Controller\\ManagementController::ping
  methods: [GET, POST]
  schemes: https
  host: '{sub}.example.com'
  requirements: { _locale: '^en|de$', sub: 'a|b', nowhere: '/' }
  defaults: { _format: json, plugin: Demo, _locale: en }
  options: { utf8: true, expose: true }
  format: json
  locale: en
  utf8: true
  stateless: true
  priority: 5
`,
  });
  expect(entry).toMatchObject({
    path: '/{_locale}/photos/{id<[0-9]++>}/{page?1}',
    methods: ['GET', 'POST'],
    schemes: ['https'],
    hosts: ['{sub}.example.com'],
    requirements: { _locale: 'en|de', sub: 'a|b', id: '[0-9]+' },
    defaults: { plugin: 'Demo', page: '1', _locale: 'en' },
    formats: ['json'],
    symfony: true,
  });
});

test('the controller may stand in defaults', () => {
  const [entry] = load({
    'Routes.yml': 'a:\n  path: /a\n  defaults: { _controller: LMS\\Routes\\Controller\\ManagementController::ping }\n',
  });
  expect(entry!.handler).toBe('ping');
});

test('resources are imported with prefix, name prefix and defaults; patterns mean many files', () => {
  const entries = load({
    'Routes.yml': `
api:
  resource: api/*.yaml
  prefix: /api
  name_prefix: api_
  schemes: https
  defaults: { plugin: Demo }
  exclude: api/secret.yaml
own:
  path: /own
  ${ping}
`,
    'api/a.yaml': `one:\n  path: one\n  ${ping}\nroot:\n  path: /\n  ${ping}\n  schemes: http\n`,
    'api/b.yaml': 'deeper:\n  resource: deep/c.yaml\n  prefix: deep\n  name_prefix: deep_\n',
    'api/deep/c.yaml': `two:\n  path: /two\n  ${ping}\n  defaults: { lang: en }\n`,
    'api/secret.yaml': 'nonsense',
  });
  expect(entries.map(({ name, path, schemes, defaults }) => ({ name, path, schemes, defaults }))).toEqual([
    { name: 'api_one', path: '/api/one', schemes: ['https'], defaults: { plugin: 'Demo' } },
    { name: 'api_root', path: '/api/', schemes: ['http'], defaults: { plugin: 'Demo' } },
    { name: 'api_deep_two', path: '/api/deep/two', schemes: ['https'], defaults: { plugin: 'Demo', lang: 'en' } },
    { name: 'own', path: '/own', schemes: [], defaults: {} },
  ]);
});

test('a later file replaces an entry of the same name', () => {
  const entries = load({
    'Routes.yml': 'first: { resource: a.yaml }\nsecond: { resource: b.yaml }\n',
    'a.yaml': `same:\n  path: /a\n  ${ping}\nother:\n  path: /other\n  ${ping}\n`,
    'b.yaml': `same:\n  path: /b\n  ${ping}\n`,
  });
  expect(entries.map(({ name, path }) => `${name} ${path}`)).toEqual(['other /other', 'same /b']);
});

test('a block for one environment counts there only', () => {
  const files = {
    'Routes.yml': `a:\n  path: /a\n  ${ping}\nwhen@prod:\n  b:\n    path: /b\n    ${ping}\nwhen@dev:\n  c:\n    path: /c\n    ${ping}\n`,
  };
  const names = (production: boolean): string[] =>
    load(files, { settings: { ...settings, production } }).map(({ name }) => name);
  expect(names(true)).toEqual(['a', 'b']);
  expect(names(false)).toEqual(['a', 'c']);
});

test('an alias is a second name and serves nothing of its own', () => {
  const entries = load({
    'Routes.yml': `a:\n  path: /a\n  ${ping}\nb:\n  alias: a\nc: { alias: b, deprecated: { package: x, version: "1" } }\n`,
  });
  expect(entries.map(({ name }) => name)).toEqual(['a']);
});

test('what is exponential to import is stopped', () => {
  const chain = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [
      `f${i}.yaml`,
      i === 11
        ? `leaf:\n  path: /a\n  ${ping}\n`
        : `a: { resource: f${i + 1}.yaml }\nb: { resource: f${i + 1}.yaml }\n`,
    ]),
  );
  expect(() => load(chain)).toThrow('more than 1000 files are imported');
});
