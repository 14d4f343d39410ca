/** Part of the build: writes routes.schema.json beside package.json, where editors look for it. */
import { writeFileSync } from 'node:fs';
import { vocabulary } from '../gatehouse.js';
import { editorSchema } from '../routes/editor-schema.js';

const target = new URL('../../routes.schema.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(editorSchema(vocabulary), null, 2)}\n`);
