import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';

const code = `
export function who(ctx) {
  ctx.body = { user: ctx.state.user?.username ?? null, secret: 'passwordHash' in (ctx.state.user ?? {}), params: ctx.params };
}
export function count(ctx) {
  ctx.session.seen = (ctx.session.seen ?? 0) + 1;
  ctx.body = { seen: ctx.session.seen };
}
export const echo = (ctx) => { ctx.body = { input: ctx.state.input, body: ctx.request.body }; };
export const teapot = () => { throw Object.assign(new Error('I am a teapot.'), { status: 418 }); };
export const broken = () => { throw new Error('password 1234'); };
export const nobody = async (ctx, next) => { if (ctx.state.user) ctx.throw(403, 'Only for strangers.'); await next(); };
export const stamp = (name) => async (ctx, next) => { await next(); ctx.set('X-Stamp', name); };
export const headers = (ctx) => {
  ctx.body = { text: 'grüß ☃' };
  ctx.body = { ...ctx.body, type: ctx.type, id: ctx.response.get('x-request-id') };
  ctx.remove('Cache-Control');
  ctx.set('x-content-type-options', 'other');
  ctx.set('Content-Type', 'application/problem+json');
};
export const wrong = () => { throw new Error('no such number'); };
`;

const answers = `
import { Readable } from 'node:stream';
export const circle = (ctx) => { const a = {}; a.a = a; ctx.body = a; };
export const big = (ctx) => { ctx.body = { n: 5n }; };
export const silent = (ctx) => { ctx.body = () => 1; };
export const list = (ctx) => { ctx.status = 202; ctx.type = 'application/ld+json'; ctx.body = [1]; };
export const buffer = (ctx) => { ctx.body = Buffer.from('abc'); };
export const stream = (ctx) => { ctx.body = Readable.from([Buffer.from('xyz')]); };
`;

async function serving(routes: string): Promise<TestGatehouse> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'own'));
  writeFileSync(join(folder, 'own/code.mjs'), code);
  writeFileSync(join(folder, 'own/answers.mjs'), answers);
  writeFileSync(
    join(folder, 'routes.yaml'),
    `login: { path: /api/login/logins/auth, methods: POST, handler: login }\n${routes}`,
  );
  return startTestGatehouse({ env: { ROUTES_FILE: join(folder, 'routes.yaml') } });
}

test('a function of one’s own sees the parameters and who is logged in, never the hash', async () => {
  const gatehouse = await serving('who: { path: "/who/{x}", handler: "./own/code.mjs#who" }');
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  expect((await agent.get('/who/a%20b')).json).toEqual({ user: 'user', secret: false, params: { x: 'a b' } });
  expect((await gatehouse.agent().get('/who/1')).json).toMatchObject({ user: null });
});

test('it keeps values in ctx.session, for visitors too', async () => {
  const gatehouse = await serving('count: { path: /count, handler: "./own/code.mjs#count" }');
  const visitor = gatehouse.agent();
  expect((await visitor.get('/count')).json).toEqual({ seen: 1 });
  expect((await visitor.get('/count')).json).toEqual({ seen: 2 });
  expect((await gatehouse.agent().get('/count')).json).toEqual({ seen: 1 });
});

test('its body is checked by the entry and stands where Koa’s body parsers put it', async () => {
  const gatehouse = await serving(
    'echo: { path: /echo, methods: POST, handler: "./own/code.mjs#echo", body: { required: [n], properties: { n: { type: integer }, on: { type: boolean, default: true } } } }',
  );
  const agent = gatehouse.agent();
  expect((await agent.post('/echo', { n: 'x' })).json).toEqual({ errors: { n: ['This field must be an integer.'] } });
  expect((await agent.post('/echo', { n: 5 })).json).toEqual({ input: { n: 5, on: true }, body: { n: 5, on: true } });
});

test('it sees, replaces and removes the headers that every answer has', async () => {
  const gatehouse = await serving('headers: { path: /headers, handler: "./own/code.mjs#headers" }');
  const { headers, json } = await gatehouse.agent().get('/headers');
  expect(json).toEqual({ type: 'application/json', id: headers.get('x-request-id'), text: 'grüß ☃' });
  expect(headers.get('cache-control')).toBeNull();
  expect(headers.get('x-content-type-options')).toBe('other');
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

test.each(['circle', 'big', 'silent'])(
  'an answer that cannot be written is an error like any other: %s',
  async (name) => {
    const gatehouse = await serving(`own: { path: /own, handler: "./own/answers.mjs#${name}", dialect: drupal }`);
    const answer = await gatehouse.agent().get('/own');
    expect(answer).toMatchObject({ status: 500 });
    expect(answer.json).toEqual({ message: 'The website encountered an unexpected error. Try again later.' });
    expect(gatehouse.logged).toContainEqual(expect.objectContaining({ msg: 'internal error', route: 'own' }));
  },
);

test('an answer keeps its type and its status; streams, buffers and texts go out as they are', async () => {
  const gatehouse = await serving(
    ['list', 'buffer', 'stream']
      .map((name) => `${name}: { path: /${name}, handler: "./own/answers.mjs#${name}" }`)
      .join('\n'),
  );
  const answers = await Promise.all(['list', 'buffer', 'stream'].map((name) => gatehouse.agent().get(`/${name}`)));
  expect(answers.map(({ status, headers, text }) => [status, headers.get('content-type'), text])).toEqual([
    [202, 'application/ld+json', '[1]'],
    [200, 'application/octet-stream', 'abc'],
    [200, 'application/octet-stream', 'xyz'],
  ]);
});

test('an error with a status is answered in the dialect, any other tells nothing', async () => {
  const gatehouse = await serving(
    'tea: { path: /tea, handler: "./own/code.mjs#teapot" }\nbroken: { path: /broken, handler: "./own/code.mjs#broken" }',
  );
  expect(await gatehouse.agent().get('/tea')).toMatchObject({ status: 418, json: { error: 'I am a teapot.' } });
  const broken = await gatehouse.agent().get('/broken');
  expect(broken.status).toBe(500);
  expect(broken.text).not.toContain('1234');
});

test('middleware of one’s own guards our handlers, with parameters it is made', async () => {
  const gatehouse = await serving(
    'ping: { path: /ping, handler: ping, middleware: ["./own/code.mjs#stamp:blue", "./own/code.mjs#nobody"] }',
  );
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  expect(await agent.get('/ping')).toMatchObject({ status: 403, json: { error: 'Only for strangers.' } });
  const answer = await gatehouse.agent().get('/ping');
  expect(answer.json).toEqual({ status: 'pong' });
  expect(answer.headers.get('x-stamp')).toBe('blue');
});

test('a factory that throws is a mistake of the line that names it', async () => {
  await expect(serving('ping: { path: /ping, handler: ping, middleware: ["./own/code.mjs#wrong:7"] }')).rejects.toThrow(
    /routes\.yaml:2:\d+ ping\.middleware\[0\]: "\.\/own\/code\.mjs#wrong" threw Error: no such number/,
  );
});

test('middleware of an npm package can be named', async () => {
  const gatehouse = await serving('ping: { path: /ping, handler: ping, middleware: ["@koa/cors#default"] }');
  const answer = await gatehouse.agent().get('/ping', { Origin: 'http://localhost:3000' });
  expect(answer.headers.get('access-control-allow-origin')).not.toBeNull();
  await expect(
    serving('ping: { path: /ping, handler: ping, middleware: ["no-such-package#default"] }'),
  ).rejects.toThrow('ping.middleware[0]: the module "no-such-package" cannot be loaded');
});

test('the types of the package fit code as one writes it', async () => {
  const folder = temporaryFolder();
  const root = fileURLToPath(new URL('../../', import.meta.url));
  writeFileSync(
    join(folder, 'own.ts'),
    `import type { Handler, Middleware } from 'gatehouse';
export const hello: Handler = (ctx) => { ctx.body = { hello: ctx.params['name'], user: ctx.state.user?.username }; };
export const guard: Middleware = async (ctx, next) => { if (!ctx.state.user?.admin) ctx.throw(403); await next(); };
// @ts-expect-error the hash is no part of it
export const wrong: Handler = (ctx) => { ctx.body = ctx.state.user?.passwordHash; };
`,
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: 'NodeNext',
        target: 'ES2022',
        skipLibCheck: true,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        paths: { gatehouse: [join(root, 'dist/index.d.ts')] },
      },
      files: ['own.ts'],
    }),
  );
  const checked = promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  await expect(checked).resolves.toMatchObject({ stdout: '' });
});
