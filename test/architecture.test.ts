import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** room → the rooms whose code it may import (types may come from anywhere) */
const may: Record<string, string[]> = {
  errors: [],
  events: [],
  lib: ['errors'],
  auth: ['errors', 'events', 'lib', 'stores/contract'],
  stores: ['errors', 'lib', 'auth'],
  mail: ['errors', 'events', 'lib', 'auth', 'stores/contract'],
  jobs: ['errors', 'events', 'lib', 'auth', 'stores/contract'],
  http: ['errors', 'events', 'auth', 'lib', 'stores/contract'],
  dialects: ['errors', 'auth', 'lib', 'http', 'pages', 'stores/contract'],
  middleware: ['errors', 'auth', 'http', 'lib'],
  handlers: ['errors', 'auth', 'http', 'pages', 'lib', 'stores/contract'],
  metrics: ['errors', 'events', 'auth', 'http', 'stores/contract'],
  tracing: ['http'],
  pages: ['errors', 'auth', 'http', 'lib', 'stores/contract'],
  routes: ['errors', 'lib'],
  config: ['errors', 'events', 'lib'],
  server: [
    'errors',
    'events',
    'auth',
    'stores',
    'http',
    'dialects',
    'middleware',
    'handlers',
    'routes',
    'metrics',
    'tracing',
    'pages',
    'lib',
  ],
};

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(ts|js)$/.test(file));
const roomOf = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.(ts|js)$/, '');

function codeImports(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const matches = text.matchAll(/^(?:import|export)\s+(?!type\b)[^'";]*?from\s+'(\.[^']+)'|^import\s+'(\.[^']+)'/gm);
  return [...matches].map((match) => relative(src, normalize(join(src, dirname(file), (match[1] ?? match[2])!))));
}

test('each room imports only from the rooms the house plan allows', () => {
  const wrong = files.flatMap((file) => {
    const allowed = may[roomOf(file)];
    if (!allowed) return [];
    return codeImports(file)
      .filter((target) => roomOf(target) !== roomOf(file))
      .filter((target) => !allowed.some((room) => target.startsWith(`${room}/`) || target.startsWith(`${room}.`)))
      .map((target) => `${roomOf(file)} may not import ${roomOf(target)} (${file} → ${target})`);
  });
  expect(wrong).toEqual([]);
});

test('the domain names no dialect, no web framework and no query language', () => {
  const wrong = files
    .filter((file) => file.startsWith('auth/'))
    .filter((file) => /drupal|typo3|from 'koa|from 'kysely|from 'js-yaml/i.test(readFileSync(join(src, file), 'utf8')));
  expect(wrong).toEqual([]);
});

test('no condition on a dialect’s name stands outside the dialects and the configuration', () => {
  const wrong = files
    .filter((file) => !/^(dialects|config)\//.test(file))
    .filter((file) => /[=!]==?\s*'(drupal|typo3)'|case '(drupal|typo3)'/.test(readFileSync(join(src, file), 'utf8')));
  expect(wrong).toEqual([]);
});

const texts = files.map((file) => ({ file, text: readFileSync(join(src, file), 'utf8') }));
const holding = (pattern: RegExp): string[] => texts.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

// (ASVS 6.5.3)
test('what must not be guessed comes from the operating system: Math.random stands nowhere', () => {
  expect(holding(/Math\.random|pseudoRandomBytes/)).toEqual([]);
});

// (ASVS 1.2.5, 1.3.2)
test('no text becomes code, and the one program that is started is Node, without a shell', () => {
  expect(holding(/\beval\(|new Function\(|from '(node:)?vm'/)).toEqual([]);
  expect(holding(/child_process/)).toEqual(['routes/modules.ts']);
  const { text } = texts.find(({ file }) => file === 'routes/modules.ts')!;
  expect(text.match(/promisify\(execFile\)\([^,]+/g)).toEqual(['promisify(execFile)(process.execPath']);
  expect(text).not.toMatch(/\bspawn|shell: /);
});

test('SQL is made of parameters: plain text enters a statement only where it is a word of the code', () => {
  expect(holding(/sql\.raw\(|sql\.lit\(/)).toEqual(['stores/sql/sqlite/engine.ts']);
});

// (ASVS 11.3.1, 11.4.1)
test('MD5 and SHA-1 stand nowhere but where the password hashes of other programs are verified', () => {
  expect(holding(/['"](md4|md5|sha-?1|rc4|des|des-ede3|aes-\d+-ecb)['"]/i)).toEqual(['auth/password-hashes.js']);
});

// (ASVS 11.2.4)
test('what is derived from a secret is compared in constant time', () => {
  const secret = /\b(csrfTokenOf|logoutTokenOf|tokenHash|sessionKey|mac|sign|digest)\(/;
  const compared = texts.flatMap(({ file, text }) =>
    text
      .split('\n')
      .filter(
        (line) => secret.test(line) && /[=!]==? /.test(line.replaceAll(/(typeof )?\w+ [=!]== (undefined|'\w+')/g, '')),
      )
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(compared).toEqual([]);
});

// (ASVS 6.3.4)
test('these and no other handlers let somebody in', () => {
  const openers = files
    .filter((file) => file.startsWith('handlers/'))
    .filter((file) =>
      codeImports(file).some((target) => /^http\/(open-session|renew-session|simulation)\./.test(target)),
    );
  expect(openers.sort()).toEqual(
    [
      'change-password',
      'change-user',
      'confirm-password',
      'login',
      'logout',
      'magic-link-login',
      'one-time-account-login',
      'one-time-login',
      'simulate',
    ].map((name) => `handlers/${name}.ts`),
  );
});

// (ASVS 15.2.3)
test('the package holds what serves and nothing else: no tests, no sources of them, no dot files', () => {
  const { files: packed } = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as { files: string[] };
  expect(packed.filter((name) => /test|bench|\.git|\*/.test(name))).toEqual([]);
  expect(packed).toContain('dist');
  const { include } = JSON.parse(readFileSync(join(src, '../tsconfig.json'), 'utf8')) as { include: string[] };
  expect(include.every((name) => name.startsWith('src'))).toBe(true);
});

// (ASVS 15.2.4)
test('every package is the one that was chosen: the lock file has the checksum of each', () => {
  const { packages } = JSON.parse(readFileSync(join(src, '../package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string; inBundle?: boolean }>;
  };
  const unchecked = Object.entries(packages).filter(
    ([name, { integrity, inBundle }]) => name && !inBundle && !integrity?.startsWith('sha512-'),
  );
  expect(unchecked).toEqual([]);
});
