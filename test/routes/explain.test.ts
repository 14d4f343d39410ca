import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { explainRequest, listJson, listRow } from '../../src/routes/explain.js';
import { loadRoutes } from '../../src/routes/load.js';
import { OwnCode } from '../../src/routes/modules.js';
import { sketchRoutes, type SketchedRoute } from '../../src/routes/sketch.js';
import { filesIn, settings, vocabulary } from '../support/routes.js';

const yaml = `
login:
  path: /api/login
  methods: POST
  handler: login
  middleware: ['throttle:50,10']
  body: { required: [username], properties: { username: { type: string }, remember: { type: boolean, default: false } } }
  description: Logs in.
user:
  path: /users/{id<\\d+>}/{tab?overview}
  methods: [GET, DELETE]
  handler: ping
  middleware: [auth, admin]
off: { path: /off, handler: ping, enabled: false }
`;

const drupal = `register: { path: /r, methods: POST, dialect: drupal, handler: register, middleware: [csrf] }`;

function routes(text = yaml): SketchedRoute[] {
  const folder = filesIn({ 'routes.yaml': text });
  const { entries } = loadRoutes(join(folder, 'routes.yaml'), { vocabulary, settings, cwd: folder });
  return sketchRoutes(entries, { vocabulary, settings, ownCode: new OwnCode() });
}

test('the list has one line for each route', () => {
  expect(routes().map(listRow)).toEqual([
    ['POST', '/api/login', 'login', 'throttle:50,10', 'typo3', 'login'],
    ['GET|DELETE', '/users/{id<\\d+>}/{tab?overview}', 'ping', 'auth admin', 'typo3', 'user'],
    ['GET', '/off', 'ping', '–', 'typo3', 'off (off)'],
  ]);
  expect(listJson(routes()[1]!)).toMatchObject({
    name: 'user',
    methods: ['GET', 'HEAD', 'DELETE'],
    requirements: { id: '\\d+' },
    defaults: { tab: 'overview' },
    file: 'routes.yaml',
    line: 9,
  });
});

test('a request is explained from its entry to a line to paste', () => {
  const { found, text } = explainRequest(routes(), 'POST', '/api/login', settings);
  expect(found).toBe(true);
  expect(text).toContain('entry       login (routes.yaml:2) – Logs in.');
  expect(text).toContain('1. throttle:50,10 – at most 50 failed attempts per client address in 10 minutes, else 429');
  expect(text).toContain('username (string, required) in the body');
  expect(text).toContain('remember (boolean, default false) in the body');
  expect(text).toContain(
    `curl -i -X POST -H 'Content-Type: application/json' -d '{"username":"USERNAME"}' ${settings.publicUrl}/api/login`,
  );
});

test('a check is explained with the status that the dialect gives its refusal', () => {
  expect(explainRequest(routes(drupal), 'POST', '/r', settings).text).toMatch(/1\. csrf – .*, else 403\n/);
  expect(explainRequest(routes(), 'GET', '/users/1', settings).text).toMatch(/1\. auth – .*, else 401\n/);
});

test('a guarded request shows its parameters, and the cookie and token that curl has to send', () => {
  const { text } = explainRequest(routes(), 'DELETE', '/users/7', settings);
  expect(text).toContain('parameters  tab = "overview"\n              id = "7"');
  expect(text).toContain(
    `curl -i -X DELETE -b 'fe_typo_user=COOKIE' -H 'X-CSRF-Token: TOKEN' ${settings.publicUrl}/users/7`,
  );
});

test.each([
  ['GET', '/api/login', 'GET is not served at /api/login (405). The entry "login" answers POST, OPTIONS.'],
  ['GET', '/off', 'No entry serves /off (404): "off" is switched off by enabled: false.'],
  ['GET', '/nowhere', 'No entry serves /nowhere (404).'],
  ['GET', '/users/%zz', '/users/%zz holds an escape that means nothing (400).'],
])('%s %s is answered with why not', (method, path, text) => {
  expect(explainRequest(routes(), method, path, settings)).toEqual({ found: false, text });
});
