import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gatehouse } from '../support/command.js';
import { temporaryFolder } from '../support/gatehouse.js';
import { runHere } from '../support/run-here.js';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const programs = readdirSync(dist).filter((file) => file.endsWith('.js'));
const textOf = (file: string): string => readFileSync(join(dist, file), 'utf8');

/** What a file asks for when it is loaded, and what these ask for in turn. */
function loadedBy(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, next] of textOf(file).matchAll(/(?:^|[;\n}])import\s*(?:[^;"'()]*?from\s*)?"\.\/([^"]+)"/g))
    loadedBy(next!, known);
  return known;
}

/** The modules that became part of a file. */
const sourcesOf = (file: string): string[] => (JSON.parse(textOf(`${file}.map`)) as { sources: string[] }).sources;
const contains = (part: string) => (file: string) =>
  sourcesOf(file).some((source) => source.includes(`node_modules/${part}/`));

test('a line of the help is printed without web server, database and mail', () => {
  const light = [...loadedBy('main.js')];
  expect(light.some(contains('commander'))).toBe(true);
  for (const part of ['koa', 'kysely', 'nodemailer', 'ajv/dist/compile', 'handlebars', 'yaml'])
    expect({ part, where: light.filter(contains(part)) }).toEqual({ part, where: [] });
});

test('the server starts without what only some need: sending mail, editing routes, figures for Prometheus', () => {
  const gatehouseFile = programs.find((file) => file.startsWith('gatehouse-'))!;
  const needed = [...loadedBy(gatehouseFile)];
  expect(needed.some(contains('koa'))).toBe(true);
  for (const part of ['nodemailer', 'yaml', 'prom-client'])
    expect({ part, where: needed.filter(contains(part)) }).toEqual({ part, where: [] });
});

test('each package whose code is part of the program is there with its licence', () => {
  const packages = programs
    .flatMap(sourcesOf)
    .flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
  const named = [...textOf('LICENSES.txt').matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(.+\)$/gm)].map(([, name]) => name!);
  expect(packages).toContain('koa');
  expect([...new Set(packages)].filter((name) => !named.includes(name))).toEqual([]);
  expect(textOf('LICENSES.txt')).toContain('Permission is hereby granted');
});

test('validators that the build compiled find what those of the sources find', async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'config.yaml'),
    'http: { port: no, workerz: 2 }\nlockout: { attempts: 0 }\nwebhooks: [{ url: 1 }]\n',
  );
  writeFileSync(join(folder, 'fine.yaml'), '{}\n');
  writeFileSync(
    join(folder, 'routes.yaml'),
    `one: { path: /one, handler: ping, methods: 1, middleware: csrf, enabled: 3 }
two: { path: /two, handler: login, methods: POST, body: { type: strin, properties: { a: { minLength: x, require: 1 } } } }
three: { resource: 7, prefix: [] }
`,
  );
  for (const config of ['config.yaml', 'fine.yaml']) {
    const env = { CONFIG_FILE: join(folder, config), ROUTES_FILE: join(folder, 'routes.yaml'), DATA_DIR: folder };
    const built = await gatehouse(['check'], { folder, env });
    const source = await runHere(['check'], env);
    expect(built.code).toBe(78);
    expect(withoutFolder(built.stderr)).toEqual(withoutFolder(source.stderr));
    expect(built.stderr.split('\n').length).toBeGreaterThan(3);
  }

  /** the two run in different folders, from which they name files */
  function withoutFolder(text: string): string[] {
    return text.split('\n').map((line) => line.replace(/^\S*\/|^(?=\w+\.yaml:)/, ''));
  }
});
