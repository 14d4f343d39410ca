import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from './package-folder.js';

interface Manifest {
  version: string;
}

/** The package's own version. */
export const version = (JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as Manifest).version;
