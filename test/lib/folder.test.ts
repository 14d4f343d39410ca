import { expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../src/lib/folder.js';
import { temporaryFolder } from '../support/gatehouse.js';

test('a folder is made with those above it; one that is there stays', () => {
  const folder = join(temporaryFolder(), 'a/b/c');
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

test('where no folder can be made, trying ends', () => {
  expect(() => makeFolder('/proc/gatehouse/var')).toThrow(/ENOENT|EACCES|EPERM|EROFS/);
  expect(() => makeFolder('/dev/null/var')).toThrow(/ENOTDIR|EACCES|EPERM|EEXIST/);
});
