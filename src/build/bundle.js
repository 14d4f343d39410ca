// @ts-check
/**
 * Part of the build: the program in few files. Reading 900 modules one by one takes longer than all the rest of a start.
 * Names stay as they are, so that the stack of an error can be read; its places lead to the sources with
 * `node --enable-source-maps`. Comments go: one letter beyond Latin-1 doubles what a file takes of the memory.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compiledValidators } from './compiled.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { optionalDependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

rmSync(join(root, 'dist'), { recursive: true, force: true });

const { metafile } = await build({
  absWorkingDir: root,
  outdir: 'dist',
  // everything lies side by side: what finds its neighbour by import.meta.url finds it in dist as in src
  entryPoints: {
    main: 'src/main.ts',
    index: 'src/index.ts',
    'password-worker': 'src/auth/password-worker.js',
    'own-imports-hook': 'src/routes/own-imports-hook.js',
    'look/script': 'src/pages/look/script.js',
    'editor-schema': 'src/build/editor-schema.ts',
  },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // native code, and what only some install
  external: ['libsql', ...Object.keys({ ...optionalDependencies, ...peerDependencies })],
  // its other build asks for its parts by names that cannot be followed
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  minifyWhitespace: true,
  lineLimit: 160,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  plugins: [compiledValidators],
  metafile: true,
  logLevel: 'warning',
});

writeFileSync(join(root, 'dist/LICENSES.txt'), licences(packagesIn(Object.keys(metafile.inputs))));

/**
 * @param {string[]} files
 * @returns {string[]} folders of the packages that became part of the program
 */
function packagesIn(files) {
  const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '');
  return [...new Set(folders)].filter((folder) => folder !== '').sort();
}

/**
 * They stay with the copies, as each of them asks.
 * @param {string[]} folders
 */
function licences(folders) {
  return folders
    .map((folder) => `${titleOf(folder)}\n\n${licenceOf(join(root, folder))}`)
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} folder */
function titleOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return `${name} ${version} (${license})`;
}

/** @param {string} folder */
function licenceOf(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file && existsSync(join(folder, file))
    ? readFileSync(join(folder, file), 'utf8').trim()
    : 'See its package.json.';
}
