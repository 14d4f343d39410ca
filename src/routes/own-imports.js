// @ts-check
/**
 * Which further files a user's module is made of, and a version that changes with any of them. Plain JavaScript, because
 * the thread in which Node looks for modules loads it as it is: from dist, and from src under jest.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** `from './x.js'`, `import './x.js'`, `import('./x.js')`, `require('./x')`; one in a comment is one file watched too many */
const relativeImport = /\b(?:from|import|import\s*\(|require\s*\()\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;
const mostFiles = 1000;
const largest = 1024 * 1024;

/**
 * The file and all it imports by relative paths, and they in turn. A file that is not there is named too: it may come.
 * @param {string} path
 * @returns {string[]}
 */
export function ownFilesOf(path) {
  const found = new Set([path]);
  for (const file of found) {
    if (found.size >= mostFiles) break;
    for (const imported of importsOf(file)) found.add(imported);
  }
  return [...found];
}

/**
 * Another one as soon as the file, or one that it is made of, has changed.
 * @param {string} path
 * @returns {string}
 */
export function versionOf(path) {
  const looks = ownFilesOf(path).sort().map(lookOf).join('\n');
  return createHash('sha256').update(looks).digest('hex').slice(0, 16);
}

/** @param {string} file */
function importsOf(file) {
  const text = textOf(file);
  return [...text.matchAll(relativeImport)].map(([, , name = '']) => fileAt(resolve(dirname(file), name)));
}

/** @param {string} file */
function textOf(file) {
  try {
    return /\.[cm]?js$/.test(file) && statSync(file).size <= largest ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

/**
 * `require` may leave the ending out.
 * @param {string} path
 */
function fileAt(path) {
  return ['', '.js', '.cjs', '.json', '/index.js'].map((ending) => path + ending).find(isFile) ?? path;
}

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** @param {string} path */
function lookOf(path) {
  const look = statSync(path, { throwIfNoEntry: false });
  return look ? `${path} ${look.mtimeMs} ${look.size} ${look.ino}` : `${path} gone`;
}
