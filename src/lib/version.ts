import { readFileSync } from 'node:fs';

interface Manifest {
  version: string;
}

/** The package's own version; package.json lies two folders up, from src and from dist. */
export const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest)
  .version;
