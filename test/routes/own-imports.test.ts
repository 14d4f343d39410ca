import { expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../support/agent.js';
import { serve } from '../support/command.js';
import { temporaryFolder } from '../support/gatehouse.js';
import { ownFilesOf, versionOf } from '../../src/routes/own-imports.js';

const routes = `
a: { path: /a, handler: './a.mjs#show' }
b: { path: /b, handler: './b.mjs#show' }
c: { path: /c, handler: './c.js#show' }
`;

/** a → words → count, b → words, c (CommonJS) → plain */
function writeModules(folder: string): void {
  const files = {
    'package.json': '{"type":"commonjs"}',
    'routes.yaml': routes,
    'a.mjs': `import { word, count } from './words.mjs';\nexport const show = (ctx) => { ctx.body = [word, count()]; };`,
    'b.mjs': `import { word, count } from './words.mjs';\nexport const show = (ctx) => { ctx.body = [word, count()]; };`,
    'words.mjs': `export { count } from './count.mjs';\nexport const word = 'one';`,
    'count.mjs': 'let n = 0;\nexport const count = () => ++n;',
    'c.js': `const { word } = require('./plain');\nexports.show = (ctx) => { ctx.body = [word]; };`,
    'plain.js': `exports.word = 'one';`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

test('a file that only another module imports is read again when it changes, and what did not change stays', async () => {
  const folder = temporaryFolder();
  writeModules(folder);
  const server = await serve(folder, { ROUTES_FILE: 'routes.yaml' });
  const agent = new Agent(server.url);
  const shown = async (path: string) => (await agent.get(path)).json;
  expect([await shown('/a'), await shown('/b'), await shown('/c')]).toEqual([['one', 1], ['one', 2], ['one']]);
  writeFileSync(join(folder, 'words.mjs'), `export { count } from './count.mjs';\nexport const word = 'two';`);
  writeFileSync(join(folder, 'plain.js'), `exports.word = 'two';`);
  for (let tries = 0; tries < 300 && JSON.stringify(await shown('/c')) !== '["two"]'; tries += 1) await sleep(20);
  // the counter is one and the same for both, and goes on
  expect([await shown('/a'), await shown('/b'), await shown('/c')]).toEqual([['two', 3], ['two', 4], ['two']]);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('circles and files that are not there end the search', () => {
  const folder = temporaryFolder();
  const [a, b, gone] = ['a.mjs', 'b.mjs', 'gone.mjs'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(a, `import './b.mjs';\nimport('./gone.mjs');\nimport 'koa';`);
  writeFileSync(b, `export * from "./a.mjs";`);
  expect(ownFilesOf(a)).toEqual([a, b, gone]);
  const before = versionOf(b);
  writeFileSync(gone, '');
  expect(versionOf(b)).not.toBe(before);
});
