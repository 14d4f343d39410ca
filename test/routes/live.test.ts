import { afterEach, expect, test } from '@jest/globals';
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'koa';
import { pino } from 'pino';
import type { Services } from '../../src/auth/services.js';
import { createLiveRoutes, type LiveRoutes } from '../../src/routes/live.js';
import { conversation, ended, startSource, type Child } from '../support/process.js';
import { filesIn, settings } from '../support/routes.js';
import { noBody, smallVocabulary as vocabulary } from '../support/vocabulary.js';
import { slowTest } from '../support/slow.js';

const open: LiveRoutes[] = [];
const children: Child[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((live) => live.close()));
  for (const child of children) child.stdin.end();
  await Promise.all(children.splice(0).map(ended));
});

function serveElsewhere(folder: string): ReturnType<typeof conversation> {
  const child = startSource(new URL('./live-process.ts', import.meta.url), { FOLDER: folder });
  children.push(child);
  return conversation(child);
}

interface Watched {
  live: LiveRoutes;
  reports: string[];
  folder: string;
  save(name: string, text: string): void;
}

async function watching(files: Record<string, string>, settleMs = 30): Promise<Watched> {
  const folder = filesIn(files);
  const reports: string[] = [];
  const services = {
    settings: { ...settings, routesFile: join(folder, 'routes.yaml'), routes: { ...settings.routes, settleMs } },
    log: pino({ level: 'silent' }),
    clock: { now: () => Date.now() },
  } as Services;
  const live = await createLiveRoutes({
    vocabulary,
    services,
    readBody: noBody,
    cwd: folder,
    report: (text) => reports.push(text),
  });
  open.push(live);
  return { live, reports, folder, save: (name, text) => writeFileSync(join(folder, name), text) };
}

function serves(live: LiveRoutes, path: string): boolean {
  return live.table().match('GET', path, { host: 'localhost', scheme: 'http' }).kind === 'found';
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 3000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen within three seconds');
    await sleep(10);
  }
}

const route = (path: string): string => `"${path}": { path: "${path}", handler: echo }\n`;

test('a first reading with mistakes ends with them and watches nothing', async () => {
  const folder = filesIn({ 'routes.yaml': 'a: { path: /a, handler: ecko }\n' });
  const child = startSource(new URL('./live-process.ts', import.meta.url), { FOLDER: folder });
  child.stdin.end();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(1);
});

test('a saved file is served without a restart, in well under a second', async () => {
  const { live, save } = await watching({ 'routes.yaml': route('/old') });
  const before = live.table();
  const started = performance.now();
  save('routes.yaml', route('/new'));
  await until(() => serves(live, '/new'));
  expect(performance.now() - started).toBeLessThan(900);
  expect(serves(live, '/old')).toBe(false);
  expect(before.match('GET', '/old', { host: '', scheme: 'http' }).kind).toBe('found');
});

test('a mistake keeps the last good table and is told once; putting it right ends it', async () => {
  const { live, reports, save } = await watching({ 'routes.yaml': route('/a') });
  save('routes.yaml', 'b: { path: /b, handler: ecko }\n');
  await until(() => live.problem() !== undefined);
  expect(serves(live, '/a')).toBe(true);
  expect(live.problem()).toContain('routes.yaml:1:25 b.handler: unknown handler "ecko", did you mean "echo"?');
  expect(reports).toEqual([live.problem()]);
  const trouble = '1 mistake in the routes file, the last good routes serve';
  expect(live.state()).toMatchObject({ trouble, failures: 1 });
  save('routes.yaml', route('/c'));
  await until(() => serves(live, '/c'));
  expect(live.problem()).toBeUndefined();
  expect(live.state()).toMatchObject({ trouble: undefined, routes: 1, reloads: 1 });
});

test.each([
  ['empty', (file: string) => writeFileSync(file, '')],
  ['gone', unlinkSync],
  [
    'a folder',
    (file: string) => {
      unlinkSync(file);
      mkdirSync(file);
    },
  ],
])('while the file is %s the last good table serves, and the next good one is taken', async (_, spoil) => {
  const { live, folder, save } = await watching({ 'routes.yaml': route('/a') });
  spoil(join(folder, 'routes.yaml'));
  await until(() => live.problem() !== undefined);
  expect(serves(live, '/a')).toBe(true);
  rmSync(join(folder, 'routes.yaml'), { recursive: true, force: true });
  save('routes.yaml', route('/b'));
  await until(() => serves(live, '/b'));
});

test('an editor that saves by renaming is understood, and so are ten saves in a row', async () => {
  const { live, folder, save } = await watching({ 'routes.yaml': route('/a') });
  save('.routes.yaml.swp', route('/renamed'));
  renameSync(join(folder, '.routes.yaml.swp'), join(folder, 'routes.yaml'));
  await until(() => serves(live, '/renamed'));
  for (let i = 0; i < 10; i++) {
    save('routes.yaml', route(`/save-${i}`));
    await sleep(i);
  }
  await until(() => serves(live, '/save-9'));
  expect(live.state().reloads).toBeLessThan(8);
});

test('a swapped symbolic link is a new file (as Kubernetes mounts a ConfigMap)', async () => {
  const folder = filesIn({ 'v1/routes.yaml': route('/v1'), 'v2/routes.yaml': route('/v2') });
  symlinkSync('v1', join(folder, '..data'));
  symlinkSync('..data/routes.yaml', join(folder, 'routes.yaml'));
  const services = {
    settings: { ...settings, routesFile: join(folder, 'routes.yaml'), routes: { ...settings.routes, settleMs: 30 } },
    log: pino({ level: 'silent' }),
    clock: { now: () => 0 },
  } as Services;
  const live = await createLiveRoutes({ vocabulary, services, readBody: noBody });
  open.push(live);
  symlinkSync('v2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await until(() => serves(live, '/v2'));
});

test('imported files are watched, and files that a pattern newly means', async () => {
  const { live, save } = await watching({
    'routes.yaml': 'all: { resource: "parts/*.yaml", prefix: /api }\n',
    'parts/a.yaml': route('/a'),
  });
  expect(serves(live, '/api/a')).toBe(true);
  save('parts/a.yaml', route('/b'));
  await until(() => serves(live, '/api/b'));
  save('parts/more.yaml', route('/more'));
  await until(() => serves(live, '/api/more'));
});

const hello = (text: string): string => `export const hello = (ctx) => { ctx.body = '${text}'; };\n`;

async function answer(live: LiveRoutes): Promise<unknown> {
  const match = live.table().match('GET', '/hello', { host: '', scheme: 'http' });
  if (match.kind !== 'found') return match.kind;
  const ctx = { params: {}, state: {} } as unknown as Context;
  await match.route.run(ctx);
  return ctx.body;
}

test('a module of one’s own is served, read afresh when it changes, and kept while it is broken', async () => {
  const folder = filesIn({
    'routes.yaml':
      'hello: { path: /hello, handler: "./hello.js#hello" }\nold: { path: /old, handler: "./old.mjs#old" }\n',
    'hello.js': hello('one'),
    'package.json': '{"type":"module"}',
    'old.mjs': 'export const old = (ctx) => { ctx.body = "old"; };',
  });
  const ask = serveElsewhere(folder);
  const save = (text: string): void => writeFileSync(join(folder, 'hello.js'), text);
  expect(await ask('body', '/hello')).toBe('one');
  save(hello('two'));
  expect(await ask('reloads', 1)).toBe(1);
  expect(await ask('body', '/hello')).toBe('two');
  save('\n\nexport const hello = = 5;\n');
  const problem = await ask('problem');
  expect(problem).toContain('routes.yaml:1:33 hello.handler: the module "./hello.js" cannot be loaded: SyntaxError');
  expect(problem).toContain('(line 3)');
  expect(await ask('body', '/hello')).toBe('two');
  save(hello('three'));
  expect(await ask('reloads', 2)).toBe(2);
  expect(await ask('body', '/hello')).toBe('three');
  expect(await ask('body', '/old')).toBe('old');
});

test('a module in the older format (CommonJS) is read afresh too', async () => {
  const folder = filesIn({
    'routes.yaml': 'hello: { path: /hello, handler: "./hello.js#hello" }\n',
    'hello.js': 'exports.hello = (ctx) => { ctx.body = "one"; };',
  });
  const ask = serveElsewhere(folder);
  expect(await ask('body', '/hello')).toBe('one');
  writeFileSync(join(folder, 'hello.js'), 'exports.hello = (ctx) => { ctx.body = "two"; };');
  expect(await ask('reloads', 1)).toBe(1);
  expect(await ask('body', '/hello')).toBe('two');
});

test.each([
  ['export const helo = () => {};', 'exports no "hello", did you mean "helo"?'],
  ['export const hello = 5;', 'is no function'],
  ['throw new Error("no luck");', 'cannot be loaded: Error: no luck'],
])('the module %j is a mistake like any other', async (source, message) => {
  const files = { 'routes.yaml': 'hello: { path: /hello, handler: "./hello.mjs#hello" }\n', 'hello.mjs': source };
  await expect(watching(files)).rejects.toThrow(message);
});

test('middleware of one’s own runs in its place, with parameters as a factory', async () => {
  const { live } = await watching({
    'routes.yaml': `hello:
  path: /hello
  handler: ./code.mjs#hello
  middleware: [ './code.mjs#shout', './code.mjs#repeat:3' ]
`,
    'code.mjs': `
export const hello = (ctx) => { ctx.body = 'hi'; };
export const shout = async (ctx, next) => { await next(); ctx.body = ctx.body.toUpperCase(); };
export const repeat = (times) => async (ctx, next) => { await next(); ctx.body = ctx.body.repeat(Number(times)); };
`,
  });
  expect(await answer(live)).toBe('HIHIHI');
});

slowTest(
  'reading ten thousand routes never holds up the event loop for long',
  async () => {
    const parts = [0, 1, 2, 3].map((part): [string, string] => [
      `part-${part}.yaml`,
      Array.from({ length: 2500 }, (_, i) => manyKinds(part * 2500 + i)).join(''),
    ]);
    const folder = filesIn({ ...Object.fromEntries(parts), 'routes.yaml': 'all: { resource: "part-*.yaml" }\n' });
    const ask = serveElsewhere(folder);
    // the first of all meets code that was never optimised
    await ask('pauses', 10_000);
    const longest = ((await ask('pauses', 10_000)) as number[]).at(-1);
    expect(longest).toBeLessThan(50);
  },
  60_000,
);

function manyKinds(i: number): string {
  const path = [`/static/${i}`, `/users/${i}/{id<\\\\d+>}`, `/files/${i}/{file<.*>}`, `/{tenant}/page-${i}`][i % 4];
  return `route_${i}:\n  path: "${path}"\n  handler: echo\n  middleware: [open]\n`;
}
