import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRoutes } from '../../src/routes/load.js';
import { OwnCode } from '../../src/routes/modules.js';
import { describeApi } from '../../src/routes/openapi.js';
import { sketchRoutes } from '../../src/routes/sketch.js';
import { startTestGatehouse } from '../support/gatehouse.js';
import { filesIn, settings, vocabulary } from '../support/routes.js';

interface Api {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[];
  requestBody?: { required: boolean; content: Record<string, { schema: Record<string, unknown> }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
  security?: Record<string, string[]>[];
}

function apiOf(file: string): Api {
  const { entries } = loadRoutes(file, { vocabulary, settings });
  const routes = sketchRoutes(entries, { vocabulary, settings, ownCode: new OwnCode() });
  return describeApi(routes, settings, '1.0.0') as unknown as Api;
}

function apiFrom(yaml: string): Api {
  return apiOf(join(filesIn({ 'routes.yaml': yaml }), 'routes.yaml'));
}

async function mistakesIn(api: Api): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(structuredClone(api) as unknown as Record<string, unknown>);
  return valid ? [] : errors;
}

const shipped = fileURLToPath(new URL('../../routes.yaml', import.meta.url));

test('the document of the shipped routes is valid OpenAPI 3.1 by another’s judgement', async () => {
  const api = apiOf(shipped);
  expect(Object.keys(api.paths).length).toBeGreaterThan(30);
  expect(await mistakesIn(api)).toEqual([]);
});

test('a login is described with its input, its answer and every refusal', () => {
  const { post } = apiOf(shipped).paths['/api/login/logins/auth']!;
  expect(post!.requestBody!.content['application/json']!.schema).toMatchObject({
    required: ['username', 'password'],
    properties: { remember: { type: 'boolean', default: false } },
  });
  expect(Object.keys(post!.responses)).toEqual(['200', '400', '403', '422', '429', '503']);
  expect(post!.responses['200']!.content!['application/json']!.schema).toMatchObject({ required: ['redirect'] });
  expect(post!.security).toBeUndefined();
});

test.each([
  ['post /user/login', '200 400 403 422 503'],
  ['get /user/login_status', '200'],
  ['post /user/logout', '204 403'],
  ['post /user/password', '200 400 403 422'],
  ['post /user/register', '200 400 403 406 415 422 429 503'],
  ['get /user/{user}', '200 401 403 404 406'],
  ['patch /user/{user}', '200 400 401 403 404 406 415 422 503'],
  ['delete /user/{user}', '204 401 403 404 406'],
  ['get /', '303 404'],
  ['get /api/login/users/one-time-account/{hash}', '302 404'],
  ['patch /api/admin/users/{user}', '200 400 401 403 404 409 422'],
])('%s is described with all it answers', (operation, statuses) => {
  const [method, path] = operation.split(' ') as [string, string];
  expect(Object.keys(apiOf(shipped).paths[path]![method]!.responses).join(' ')).toBe(statuses);
});

test('every answer of the shipped routes that has a body says what is in it', () => {
  const bare = Object.entries(apiOf(shipped).paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { responses }]) =>
      Object.entries(responses).flatMap(([status, { content }]) => (content ? [] : [`${method} ${path} ${status}`])),
    ),
  );
  expect(bare.filter((line) => !/ (204|30[23])$/.test(line))).toEqual(['post /user/password 200']);
});

test('what needs a login says how one proves it, and the token a script has to send', () => {
  const { get } = apiOf(shipped).paths['/api/login/users/current']!;
  expect(get!.security).toEqual([{ cookie: [] }]);
  expect(get!.parameters.map(({ name }) => name)).toEqual(['X-CSRF-Token']);
  expect(Object.keys(get!.responses)).toEqual(['200', '401']);
});

const odd = `
optional: { path: "/posts/{page<\\\\d+>?1}", handler: ping }
tail: { path: "/files/{file<.*>}", handler: ping }
one-name: { path: "/users/{user}", handler: ping }
another-name: { path: "/users/{id<\\\\d+>}", handler: ping, methods: POST }
same-again: { path: "/users/{user}", handler: ping, host: other.example.com }
any: { path: any, controller: 'LMS\\Routes\\Controller\\ManagementController::ping' }
exotic: { path: /dav, handler: ping, methods: [PROPFIND, GET] }
off: { path: /off, handler: ping, enabled: false }
query:
  path: /search
  handler: ping
  defaults: { lang: en }
  query: { required: [q], properties: { q: { type: string }, page: { type: integer, default: 1 } } }
references:
  path: /tree
  methods: POST
  handler: ping
  body:
    properties: { root: { $ref: '#/definitions/node' }, pair: { type: array, items: [{ type: string }, { type: number }] } }
    definitions: { node: { type: object, properties: { items: { type: array, items: { $ref: '#/definitions/node' } } } } }
`;

test('odd routes stay valid too: optional parameters, other names, own schemas', async () => {
  const api = apiFrom(odd);
  expect(await mistakesIn(api)).toEqual([]);
  expect(Object.keys(api.paths)).toEqual([
    '/posts/{page}',
    '/posts',
    '/files/{file}',
    '/users/{user}',
    '/any',
    '/dav',
    '/search',
    '/tree',
  ]);
  expect(Object.keys(api.paths['/users/{user}']!)).toEqual(['get', 'post']);
  expect(api.paths['/users/{user}']!['post']!.parameters).toMatchObject([
    { name: 'user', schema: { pattern: '^(?:\\d+)$' } },
  ]);
  expect(Object.keys(api.paths['/any']!)).toEqual(['get', 'post', 'put', 'patch', 'delete']);
  expect(api.paths['/search']!['get']!.parameters.map(({ name, required }) => [name, required ?? false])).toEqual([
    ['lang', false],
    ['q', true],
    ['page', false],
  ]);
  expect(JSON.stringify(api.components.schemas)).toContain('#/components/schemas/references-input/definitions/node');
});

test('every operation has an id of its own', () => {
  const ids = [apiOf(shipped), apiFrom(odd)].map(({ paths }) =>
    Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId)),
  );
  for (const list of ids) expect(new Set(list).size).toBe(list.length);
});

test('the running server answers the document and a page of it', async () => {
  const gatehouse = await startTestGatehouse();
  const json = await gatehouse.agent().get('/openapi.json');
  expect(json.status).toBe(200);
  expect(await mistakesIn(json.json as Api)).toEqual([]);
  const page = await gatehouse.agent().get('/docs');
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.text).toContain('/api/login/logins/auth');
  const style = /<style>([^]*)<\/style>/.exec(page.text)![1]!;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
  expect(page.headers.get('content-security-policy')).toContain(`'sha256-${Buffer.from(digest).toString('base64')}'`);
});

test('switched off, it is not there', async () => {
  const gatehouse = await startTestGatehouse({ config: { docs: { enabled: false } } });
  expect((await gatehouse.agent().get('/openapi.json')).status).toBe(404);
});
