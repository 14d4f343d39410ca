// @ts-check
/** Part of the build: in the place of each `validator.ts` stand the functions that ajv makes of its schemas. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

/** @type {import('esbuild').Plugin} */
export const compiledValidators = {
  name: 'compiled validators',
  setup({ onLoad, initialOptions }) {
    onLoad({ filter: /\/validator\.ts$/ }, async ({ path }) => {
      const { ajv, ...validators } = await load(path, String(initialOptions.absWorkingDir));
      const keys = Object.entries(validators).map(([name, { schema }]) => [name, schema.$id ?? name]);
      return { contents: standalone.default(ajv, Object.fromEntries(keys)), resolveDir: initialOptions.absWorkingDir };
    });
  },
};

/**
 * @param {string} file
 * @param {string} root
 */
async function load(file, root) {
  const outfile = join(root, `node_modules/.validators-${randomUUID()}.mjs`);
  await build({ entryPoints: [file], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm' });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}
