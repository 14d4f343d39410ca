import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { differenceOf } from '../../src/lib/difference.js';
import { editRoute, hasEntry } from '../../src/routes/edit.js';

const text = `# top
login:                     # the door
  path: /login   # where
  methods: POST
  middleware:
    - throttle:50,10       # slow them down
    # who are you
    - auth

  handler: "login"

'other': { path: /other, handler: ping }
flow:
  path: /flow
  middleware: [auth, 'fresh:30']   # both
  handler: ping
`;

const added = (change: Parameters<typeof editRoute>[2], name = 'login'): string[] =>
  differenceOf(text, editRoute(text, name, change))
    .filter(({ kind }) => kind === 'gone' || kind === 'new')
    .map(({ kind, text }) => (kind === 'new' ? `+${text}` : `-${text}`));

test('switching off adds one line below the path, switching on takes it away again', () => {
  expect(added({ enabled: false })).toEqual(['+  enabled: false']);
  expect(editRoute(editRoute(text, 'login', { enabled: false }), 'login', { enabled: true })).toBe(text);
});

test('a throttle’s numbers change in their place, the comment beside them stays', () => {
  expect(added({ middleware: ['throttle:5,1', 'auth'] })).toEqual([
    '-    - throttle:50,10       # slow them down',
    '+    - throttle:5,1       # slow them down',
  ]);
});

test('a middleware is put in between, others keep their lines and comments', () => {
  expect(added({ middleware: ['throttle:50,10', 'group:1,2', 'auth'] })).toEqual(['+    - group:1,2']);
  expect(added({ middleware: ['auth'] })).toEqual(['-    - throttle:50,10       # slow them down']);
  expect(added({ middleware: ['throttle:50,10', 'auth', 'csrf'] })).toEqual(['+    - csrf']);
});

test('without any middleware the key goes as well', () => {
  expect(parse(editRoute(text, 'login', { middleware: [] })).login).toEqual({
    path: '/login',
    methods: 'POST',
    handler: 'login',
  });
});

test('a list in brackets stays one, with quotes where commas ask for them', () => {
  expect(added({ middleware: ['auth', 'throttle:5,1'] }, 'flow')).toEqual([
    "-  middleware: [auth, 'fresh:30']   # both",
    "+  middleware: [auth, 'throttle:5,1']   # both",
  ]);
});

test('methods that were not written are put below the path', () => {
  expect(added({ methods: ['GET', 'POST'] }, 'flow')).toEqual(['+  methods: [GET, POST]']);
});

test('an entry in one line is left to people', () => {
  expect(() => editRoute(text, 'other', { enabled: false })).toThrow(/only people can edit/);
  expect(hasEntry(text, 'other')).toBe(false);
});

test('the last entry of a file without a line end can be changed', () => {
  expect(editRoute('a:\n  path: /a', 'a', { enabled: false })).toBe('a:\n  path: /a\n  enabled: false\n');
  expect(editRoute('a:\n  path: /a\n  middleware:\n    - x', 'a', { middleware: ['x', 'y'] })).toBe(
    'a:\n  path: /a\n  middleware:\n    - x\n    - y\n',
  );
});

const shipped = readFileSync(fileURLToPath(new URL('../../routes.yaml', import.meta.url)), 'utf8');
const names = Object.keys(parse(shipped) as object);
const words = fc.array(fc.constantFrom('auth', 'csrf', 'throttle:5,1', 'group:a b', "odd's", 'admin', 'throttle'), {
  maxLength: 5,
});
const methods = fc.uniqueArray(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'), { minLength: 1 });
const changes = fc.record({ enabled: fc.boolean(), methods, middleware: words }, { requiredKeys: [] });

test('whatever is changed in the shipped file, it says exactly that and nothing else changes', () => {
  const commentsOf = (source: string): string[] => source.split('\n').filter((line) => line.startsWith('#'));
  const entries = fc.constantFrom(...names.filter((name) => hasEntry(shipped, name)));
  fc.assert(
    fc.property(entries, changes, (name, change) => {
      const changed = editRoute(shipped, name, change);
      const [before, after] = [parse(shipped), parse(changed)] as Record<string, Record<string, unknown>>[];
      const { [name]: entry, ...others } = after!;
      const { [name]: former, ...same } = before!;
      expect(others).toEqual(same);
      expect(commentsOf(changed)).toEqual(commentsOf(shipped));
      if (change.middleware) expect(entry!['middleware'] ?? []).toEqual(change.middleware);
      if (change.methods) expect([entry!['methods'] ?? former!['methods']].flat()).toEqual(change.methods);
      if (change.enabled !== undefined) expect(entry!['enabled'] ?? true).toBe(change.enabled);
      expect([entry!['path'], entry!['handler']]).toEqual([former!['path'], former!['handler']]);
    }),
    { numRuns: process.env['TEST_SLOW'] ? 25 : 5 },
  );
});
