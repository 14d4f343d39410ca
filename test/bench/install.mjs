/** A production install in an empty folder: its size and how many packages it has. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { benchFolder, productFolder } from './servers.mjs';

export async function measureInstall({ tell }) {
  tell('production install');
  const folder = benchFolder();
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc', 'dist', 'config', 'routes.yaml'])
      if (existsSync(join(productFolder, file)))
        cpSync(join(productFolder, file), join(folder, file), { recursive: true });
    await promisify(execFile)('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: folder });
    const modules = join(folder, 'node_modules');
    return { megabytes: sizeOf(folder) / 1e6, packages: packagesIn(modules) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizeOf(path) {
  const { size, isDirectory } = statOf(path);
  return isDirectory ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : size;
}

function statOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return { size: stat?.size ?? 0, isDirectory: stat?.isDirectory() ?? false };
}

function packagesIn(modules) {
  let count = 0;
  for (const name of readdirSync(modules)) {
    const path = join(modules, name);
    if (name.startsWith('.')) continue;
    if (name.startsWith('@')) count += packagesIn(path);
    else count += 1;
    const inner = join(path, 'node_modules');
    if (!name.startsWith('@') && existsSync(inner)) count += packagesIn(inner);
  }
  return count;
}
