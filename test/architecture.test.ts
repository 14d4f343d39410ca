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
