import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { dump } from 'js-yaml';
import { Misconfiguration } from '../../src/errors.js';
import { pointerTo } from '../../src/lib/pointer.js';
import { parseYaml, parseYamlInSteps, readYaml } from '../../src/lib/yaml.js';

function mistakesOf(source: string | Uint8Array): string[] {
  try {
    parseYaml(source, 'a.yaml');
  } catch (error) {
    if (error instanceof Misconfiguration) return error.message.split('\n').filter((line) => line.startsWith('a.yaml'));
    throw error;
  }
  return [];
}

function underlined(source: string, pointer: string, what?: 'key' | 'value'): string {
  const place = parseYaml(source, 'a.yaml').place(pointer, what);
  return `${place.line}:${place.column} ${place.excerpt!.slice(place.column - 1, place.column - 1 + place.length!)}`;
}

const sample = `
# a comment
login:
  path: /api/login   # here
  "quoted key": 'a ''b'' c'
  methods: [GET, "POST"]
  middleware:
    - throttle:50,10
    - auth
  text: |
    first
    second
  empty:
  body: { required: [a, b], properties: { a: { type: string } } }
`;

test('every part of a file can be pointed at', () => {
  expect(underlined(sample, '/login/path')).toBe('4:9 /api/login');
  expect(underlined(sample, '/login/path', 'key')).toBe('4:3 path');
  expect(underlined(sample, '/login/quoted key')).toBe(`5:17 'a ''b'' c'`);
  expect(underlined(sample, '/login/quoted key', 'key')).toBe('5:3 "quoted key"');
  expect(underlined(sample, '/login/methods/1')).toBe('6:18 "POST"');
  expect(underlined(sample, '/login/methods')).toBe('6:12 [GET, "POST"]');
  expect(underlined(sample, '/login/middleware/0')).toBe('8:7 throttle:50,10');
  expect(underlined(sample, '/login/middleware')).toBe('7:3 middleware');
  expect(underlined(sample, '/login/text')).toBe('10:9 |');
  expect(underlined(sample, '/login/empty')).toBe('13:3 empty');
  expect(underlined(sample, '/login/body/properties/a/type')).toBe('14:54 string');
  expect(underlined(sample, '/login/body/properties')).toBe('14:41 { a: { type: string } }');
  expect(underlined(sample, '/login')).toBe('3:1 login');
  expect(underlined(sample, '')).toBe('3:1 login');
});

test('what is missing is placed at the thing it is missing in', () => {
  expect(underlined(sample, '/login/handler')).toBe('3:1 login');
  expect(underlined(sample, '/login/methods/7')).toBe('6:3 methods');
});

test('a place leads through aliases and merges to the text that was written', () => {
  const shared = `base: &base\n  path: /a\n  body: &body { type: objekt }\nlogin:\n  <<: *base\n  query: *body\n`;
  expect(underlined(shared, '/login/path')).toBe('2:9 /a');
  expect(underlined(shared, '/login/query/type')).toBe('3:23 objekt');
  expect(underlined(shared, '/login/query')).toBe('6:10 *body');
});

test('a list, merges, and YAML 1.2 words have their usual values', () => {
  const { value } = parseYaml(
    'a: &a { x: 1, y: yes }\nb: { <<: *a, x: 2 }\nc: [on, true, null, 0x10, 1e3, "1"]',
    'a.yaml',
  );
  expect(value).toEqual({ a: { x: 1, y: 'yes' }, b: { x: 2, y: 'yes' }, c: ['on', true, null, 16, 1000, '1'] });
});

test('keys keep the order of the file, numbers included', () => {
  expect(parseYaml('b: 1\n404: 2\na: 3', 'a.yaml').keys).toEqual(['b', '404', 'a']);
});

test('every key that stands twice is named with both places', () => {
  expect(mistakesOf('a: 1\nb: { x: 1, x: 2 }\na: 3\n')).toEqual([
    'a.yaml:2:12 "x" stands here a second time, the first is at a.yaml:2:6',
    'a.yaml:3:1 "a" stands here a second time, the first is at a.yaml:1:1',
  ]);
});

test('a mistake in the syntax is placed where it stands', () => {
  expect(mistakesOf('a:\n  b: [1, 2\nc: 3\n')[0]).toMatch(/^a\.yaml:3:\d+ /);
  expect(mistakesOf('a:\n\tb: 1\n')).toEqual(['a.yaml:2:1 YAML is indented with blanks, here is a tab']);
  expect(mistakesOf('a: *nobody\n')[0]).toContain('there is no anchor "&nobody" above this alias');
  expect(mistakesOf('a: !!js/function x\n')[0]).toContain('unknown tag');
  expect(mistakesOf('? [a, b]\n: 1\n')[0]).toContain('a list or a mapping cannot be a key');
});

test('a file that is empty, or only comments, is said to be empty', () => {
  for (const source of ['', '\n\n', '# nothing\n', '---\n', '\uFEFF']) {
    expect(mistakesOf(source)).toEqual(['a.yaml:1:1 the file is empty']);
  }
});

test('two documents in one file are refused at the second', () => {
  expect(mistakesOf('a: 1\n---\nb: 2\n')).toEqual([
    'a.yaml:2:1 a second document begins here; one file is one document',
  ]);
});

// (ASVS 1.5.2)
test('aliases that multiply are refused before anything is built from them', () => {
  const rows = Array.from({ length: 9 }, (_, i) => `b${i + 1}: &b${i + 1} [${`*b${i}, `.repeat(9)}]`);
  const started = performance.now();
  expect(mistakesOf(['b0: &b0 [x]', ...rows].join('\n'))[0]).toContain('aliases would grow this file');
  expect(performance.now() - started).toBeLessThan(500);
});

test('an alias inside its own anchor is refused', () => {
  expect(mistakesOf('a: &a\n  b: *a\n')).toEqual(['a.yaml:2:6 this alias stands inside its own anchor']);
});

test('a key named __proto__ is an ordinary key', () => {
  const { value } = parseYaml('__proto__: { polluted: true }\n', 'a.yaml');
  expect(Object.keys(value as object)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('too deep, too large and other encodings are named', () => {
  expect(mistakesOf('['.repeat(200))[0]).toContain('nested deeper than 50 levels');
  expect(mistakesOf(Buffer.alloc(1024 * 1024 + 1, 'a'))[0]).toContain('the file has 1048577 bytes');
  expect(mistakesOf(Buffer.from('a: 1\nname: Müller\n', 'latin1'))).toEqual([
    'a.yaml:2:8 the file is not UTF-8: byte 0xFC (in Latin-1 it is "ü"); save it as UTF-8',
  ]);
  expect(mistakesOf(Buffer.from('a: é', 'latin1'))[0]).toContain('byte 0xE9');
  expect(mistakesOf('a: "\uFFFD"')).toEqual([]);
  expect(mistakesOf(Buffer.from('a\0b: 1'))).toEqual(['a.yaml:1:2 a NUL byte']);
});

test('a byte order mark and Windows line ends change no place', () => {
  expect(underlined('\uFEFFa: 1\r\nb:\r\n  c: word\r\n', '/b/c')).toBe('3:6 word');
  const bytes = Buffer.from('\uFEFFa: word\n');
  expect(parseYaml(bytes, 'a.yaml').place('/a')).toMatchObject({ line: 1, column: 4, excerpt: 'a: word' });
});

test('a file that is not there, or is a folder, is named', () => {
  expect(() => readYaml('/nowhere/routes.yaml', 'routes.yaml')).toThrow('routes.yaml: there is no such file');
  expect(() => readYaml('/tmp', 'routes.yaml')).toThrow('routes.yaml: this is a folder, a file is needed');
});

function manyRoutes(count: number): string {
  return Array.from({ length: count }, (_, i) => `route_${i}:\n  path: /x/${i}\n  handler: ping\n`).join('');
}

test('a large file is read in pieces, with the same value and places as in one', () => {
  const source = `# head\n${manyRoutes(5000)}`;
  const steps = parseYamlInSteps(source, 'a.yaml');
  let count = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) count++;
  expect(count).toBeGreaterThan(5);
  expect(step.value.value).toEqual(
    Object.fromEntries(step.value.keys.map((k, i) => [k, { path: `/x/${i}`, handler: 'ping' }])),
  );
  expect(step.value.place('/route_4321/handler')).toMatchObject({ line: 4321 * 3 + 4, column: 12, length: 4 });
});

test('in a large file a name that stands twice far apart is named with both places', () => {
  expect(mistakesOf(`${manyRoutes(5000)}route_7:\n  path: /y\n`)).toEqual([
    'a.yaml:15001:1 "route_7" stands here a second time, the first is at a.yaml:22:1',
  ]);
});

test('a large file with anchors is one piece, because anchors reach over the whole file', () => {
  const source = `base: &base { handler: ping }\n${manyRoutes(5000)}last:\n  <<: *base\n`;
  expect((parseYaml(source, 'a.yaml').value as Record<string, unknown>)['last']).toEqual({ handler: 'ping' });
});

const plain = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
  node: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.string({ minLength: 1 }), tie('node'), { maxKeys: 4 }),
  ),
})).node;

test('whatever the value, each leaf is found where its text stands', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), plain, { minKeys: 1, maxKeys: 5 }), (value) => {
      const source = dump(value, {});
      const document = parseYaml(source, 'a.yaml');
      expect(document.value).toEqual(value);
      for (const [key] of Object.entries(value)) {
        const place = document.place(pointerTo(key), 'key');
        expect(place.column).toBe(1);
        expect(source.split('\n')[place.line - 1]).toBe(place.excerpt);
      }
    }),
    { numRuns: 100 },
  );
});
