/** Part of the build: writes routes.schema.json beside package.json, where editors look for it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../lib/package-folder.js';
import { editorSchema } from '../routes/editor-schema.js';
import { vocabulary } from '../vocabulary.js';

const target = join(packageFolder, 'routes.schema.json');
writeFileSync(target, `${JSON.stringify(editorSchema(vocabulary), null, 2)}\n`);
