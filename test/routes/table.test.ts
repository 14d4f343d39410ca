import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { join } from 'node:path';
import type { Services } from '../../src/auth/services.js';
import { bindRoutes } from '../../src/routes/bind.js';
import type { Match, RouteTable } from '../../src/routes/contract.js';
import { loadRoutes } from '../../src/routes/load.js';
import { filesIn, settings } from '../support/routes.js';
import { noBody, smallVocabulary as vocabulary } from '../support/vocabulary.js';
import { slowTest } from '../support/slow.js';

const where = { host: 'localhost:3000', scheme: 'http' };

function tableOf(yaml: string): RouteTable {
  const file = join(filesIn({ 'routes.yaml': yaml }), 'routes.yaml');
  const { entries } = loadRoutes(file, { vocabulary, settings });
  const services = { settings } as Services;
  return bindRoutes(entries, { vocabulary, services, readBody: noBody });
}

/** `name {params}`, or the kind of the miss. */
function shown(match: Match): string {
  if (match.kind === 'wrong-method') return `405 ${match.allow.join(' ')}`;
  if (match.kind !== 'found') return match.kind;
  const params = Object.keys(match.params).length > 0 ? ` ${JSON.stringify(match.params)}` : '';
  return match.route.entry.name + params;
}

function get(table: RouteTable, path: string, method = 'GET'): string {
  return shown(table.match(method, path, where));
}

const users = tableOf(`
list: { path: /users, handler: echo }
me: { path: /users/me, handler: echo }
one: { path: "/users/{id<\\\\d+>}", handler: echo }
named: { path: "/users/{name}", handler: echo }
shadowed: { path: /users/late, handler: echo }
posts: { path: "/users/{id}/posts/{post<\\\\d+>?1}", handler: echo }
report: { path: "/reports/{year<\\\\d{4}>}-{slug}.{ext<pdf|html>}", handler: echo }
files: { path: "/files/{file<.*>}", handler: echo }
home: { path: "/{lang<de|en>?en}", handler: echo }
no-slash: { path: api/x, handler: echo }
`);

test.each([
  ['/users', 'list'],
  ['/users/', 'none'],
  ['/Users', 'none'],
  ['/users/me', 'me'],
  ['/users/12', 'one {"id":"12"}'],
  ['/users/bob', 'named {"name":"bob"}'],
  ['/users/late', 'named {"name":"late"}'],
  ['/users/12/posts/3', 'posts {"post":"3","id":"12"}'],
  ['/users/12/posts', 'posts {"post":"1","id":"12"}'],
  ['/users/12/posts/', 'none'],
  ['/users/12/posts/x', 'none'],
  ['/reports/2024-a-b.pdf', 'report {"year":"2024","slug":"a-b","ext":"pdf"}'],
  ['/reports/2024-a-b.exe', 'none'],
  ['/files/', 'files {"file":""}'],
  ['/files/a/b.txt', 'files {"file":"a/b.txt"}'],
  ['/files', 'none'],
  ['/', 'home {"lang":"en"}'],
  ['/de', 'home {"lang":"de"}'],
  ['/fr', 'none'],
  ['/api/x', 'no-slash'],
  ['//api/x', 'none'],
  ['', 'none'],
  ['*', 'none'],
])('%s leads to %s', (path, expected) => {
  expect(get(users, path)).toBe(expected);
});

test('parameters are decoded once, and an escaped slash stays inside its segment', () => {
  expect(get(users, '/users/a%2Fb')).toBe('named {"name":"a/b"}');
  expect(get(users, '/users/a%252Fb')).toBe('named {"name":"a%2Fb"}');
  expect(get(users, '/users/%C3%A4')).toBe('named {"name":"ä"}');
  expect(get(users, '/users%2Fme')).toBe('none');
  expect(get(users, '/%75sers/me')).toBe('me');
  expect(get(users, '/files/a%2Fb/c')).toBe('files {"file":"a/b/c"}');
  expect(get(users, '/users/../users')).toBe('none');
});

test.each(['/users/%', '/users/%zz', '/users/%ff', '/users/%00', '/users/a\0b', '/nowhere/%C3', '/users/%ED%A0%80'])(
  '%j is malformed',
  (path) => {
    expect(get(users, path)).toBe('malformed');
  },
);

test('an endless path costs nothing and matches nothing', () => {
  const started = performance.now();
  expect(get(users, `/files/${'a/'.repeat(100_000)}`)).toBe('none');
  expect(performance.now() - started).toBeLessThan(200);
});

const methods = tableOf(
  `
get: { path: /a, handler: echo }
post: { path: /a, handler: echo, methods: POST }
list: { path: /b, handler: echo, methods: [PUT, GET] }
pipes: { path: /c, handler: echo, methods: delete|patch }
changes: { path: /d, handler: change, methods: GET|POST }
off: { path: /f, handler: echo, enabled: false }
`,
);

test('HEAD comes with GET, but not where looking would change something', () => {
  expect(get(methods, '/a', 'HEAD')).toBe('get');
  expect(get(methods, '/b', 'HEAD')).toBe('list');
  expect(get(methods, '/d', 'GET')).toBe('changes');
  expect(get(methods, '/d', 'HEAD')).toBe('405 GET POST OPTIONS');
});

test('a method that is not served answers what may be done', () => {
  expect(get(methods, '/a', 'POST')).toBe('post');
  expect(get(methods, '/a', 'DELETE')).toBe('405 GET HEAD POST OPTIONS');
  expect(get(methods, '/a', 'OPTIONS')).toBe('405 GET HEAD POST OPTIONS');
  expect(get(methods, '/c', 'GET')).toBe('405 DELETE PATCH OPTIONS');
  expect(get(methods, '/f')).toBe('none');
});

const places = tableOf(`
secure: { path: /a, handler: echo, schemes: https }
tenant: { path: /a, handler: echo, host: "{tenant}.example.com" }
hosts: { path: /a, handler: echo, host: [one.test, TWO.test], schemes: [http, https] }
`);

test.each([
  ['https', 'x.test', 'secure'],
  ['http', 'acme.example.com', 'tenant {"tenant":"acme"}'],
  ['http', 'acme.example.com:8080', 'tenant {"tenant":"acme"}'],
  ['http', 'a.b.example.com', 'none'],
  ['http', 'two.test', 'hosts'],
  ['http', 'three.test', 'none'],
  ['http', '', 'none'],
])('%s://%s/a leads to %s', (scheme, host, expected) => {
  expect(shown(places.match('GET', '/a', { host, scheme }))).toBe(expected);
});

const mixed = tableOf(`
exact: { path: /Drop, handler: echo }
folded: { path: /user/Login, handler: echo, dialect: folding }
folded-param: { path: "/user/{Name}/Edit", handler: echo, dialect: folding }
folded-root: { path: /drop, handler: echo, dialect: folding }
`);

test('a dialect may ignore case and a slash at the end; parameters keep their case', () => {
  expect(get(mixed, '/user/login')).toBe('folded');
  expect(get(mixed, '/USER/login/')).toBe('folded');
  expect(get(mixed, '/user/login//')).toBe('none');
  expect(get(mixed, '/User/Bob/edit/')).toBe('folded-param {"Name":"Bob"}');
  expect(get(mixed, '/Drop')).toBe('exact');
  expect(get(mixed, '/DROP')).toBe('folded-root');
  expect(get(mixed, '/Drop/')).toBe('folded-root');
});

test('the first in the file wins, whatever kind of path it has', () => {
  const table = tableOf(`
wide: { path: "/{all<.*>}", handler: echo, methods: POST }
static: { path: /a/b, handler: echo }
param: { path: "/a/{x}", handler: echo, methods: [GET, POST] }
`);
  expect(get(table, '/a/b', 'POST')).toBe('wide {"all":"a/b"}');
  expect(get(table, '/a/b')).toBe('static');
  expect(get(table, '/a/c')).toBe('param {"x":"c"}');
  expect(get(table, '/z')).toBe('405 POST OPTIONS');
});

/** The rule without an index: every pattern in file order. */
const path = fc
  .array(fc.constantFrom('a', 'b', '{x}', '{y<\\d+>}', 'p-{z}', '{w<.+>}'), { minLength: 1, maxLength: 3 })
  .map((segments) => {
    const names = new Set<string>();
    const unique = segments.filter((segment) => {
      const name = /\{(\w)/.exec(segment)?.[1] ?? '';
      return name === '' || (!names.has(name) && names.add(name));
    });
    return `/${unique.join('/')}`;
  });

test('the index finds what a walk over the whole list would find', () => {
  fc.assert(
    fc.property(
      fc.array(path, { minLength: 1, maxLength: 12 }),
      fc.array(fc.constantFrom('a', 'b', '1', 'p-q', 'zz'), { maxLength: 4 }),
      (paths, request) => {
        const table = tableOf(paths.map((text, index) => `r${index}: { path: '${text}', handler: echo }`).join('\n'));
        const wanted = `/${request.join('/')}`;
        const regexes = paths.map(
          (text) =>
            new RegExp(
              `^${text.replace('{x}', '[^/]+').replace('{y<\\d+>}', '\\d+').replace('{z}', '[^/]+').replace('{w<.+>}', '.+')}$`,
              's',
            ),
        );
        const first = regexes.findIndex((regex) => regex.test(wanted));
        expect(get(table, wanted).split(' ')[0]).toBe(first < 0 ? 'none' : `r${first}`);
      },
    ),
    { numRuns: 60 },
  );
});

/** CPU microseconds of one match, whatever else the machine does. */
function costOf(table: RouteTable, paths: string[]): number {
  const rounds = 200_000;
  const start = process.cpuUsage();
  for (let i = 0; i < rounds; i++) table.match('GET', paths[i % paths.length]!, where);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / rounds;
}

slowTest(
  'a match among ten thousand routes costs microseconds, and a path without parameters what it costs among ten',
  () => {
    const kinds = (i: number): string =>
      [`/static/${i}`, `/users/${i}/{id<\\\\d+>}`, `/files/${i}/{file<.*>}`, `/{tenant}/page-${i}`][i % 4]!;
    const yamlOf = (count: number): string =>
      Array.from({ length: count }, (_, i) => `r${i}: { path: "${kinds(i)}", handler: echo }`).join('\n');
    const [few, many] = [tableOf(yamlOf(12)), tableOf(yamlOf(10_000))];
    const asked = (i: number): string =>
      [`/static/${i}`, `/users/${i}/42`, `/files/${i}/a/b`, `/acme/page-${i}`][i % 4]!;
    const paths = Array.from({ length: 1000 }, (_, i) => asked((i * 7919) % 10_000));
    expect(get(many, '/users/1/42')).toBe('r1 {"id":"42"}');
    costOf(many, paths);
    // about one on a quiet machine
    expect(costOf(many, paths)).toBeLessThan(8);
    costOf(few, ['/static/4']);
    expect(costOf(many, ['/static/4000'])).toBeLessThan(costOf(few, ['/static/4']) * 3 + 0.2);
  },
);
