import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadRoutes } from '../../src/routes/load.js';
import { OwnCode } from '../../src/routes/modules.js';
import { describeApi } from '../../src/routes/openapi.js';
import { sketchRoutes } from '../../src/routes/sketch.js';
import { filesIn, settings, vocabulary } from '../support/routes.js';

/** openapi-typescript and its own TypeScript live in a folder of their own: `npm ci --prefix test/openapi-client`. */
const tools = fileURLToPath(new URL('../openapi-client/', import.meta.url));
const isInstalled = existsSync(join(tools, 'node_modules'));
if (!isInstalled) console.log('skipped: the generated API client (npm ci --prefix test/openapi-client)');

const run = promisify(execFile);

(isInstalled ? test : test.skip)(
  'a client made of the document by openapi-typescript compiles',
  async () => {
    const shipped = fileURLToPath(new URL('../../routes.yaml', import.meta.url));
    const { entries } = loadRoutes(shipped, { vocabulary, settings });
    const routes = sketchRoutes(entries, { vocabulary, settings, ownCode: new OwnCode() });
    const folder = filesIn({
      'api.json': JSON.stringify(describeApi(routes, settings, '1.0.0')),
      'package.json': '{"type":"module"}',
    });
    symlinkSync(join(tools, 'node_modules'), join(folder, 'node_modules'));
    cpSync(join(tools, 'client.ts'), join(folder, 'client.ts'));
    const options = {
      strict: true,
      noEmit: true,
      module: 'NodeNext',
      target: 'ES2022',
      lib: ['ES2022', 'DOM'],
      skipLibCheck: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['client.ts'] }));
    const bin = (name: string): string => join(folder, 'node_modules/.bin', name);
    await run(bin('openapi-typescript'), ['api.json', '-o', 'api.ts'], { cwd: folder });
    await expect(run(bin('tsc'), ['-p', '.'], { cwd: folder })).resolves.toMatchObject({ stdout: '' });
  },
  60_000,
);
