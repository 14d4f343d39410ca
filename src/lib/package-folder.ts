import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where package.json lies, beside `config/` and `src/`: above this file, whether it runs from src or is part of dist. */
export const packageFolder = folderWith('package.json', dirname(fileURLToPath(import.meta.url)));

function folderWith(file: string, folder: string): string {
  return existsSync(join(folder, file)) ? folder : folderWith(file, dirname(folder));
}
