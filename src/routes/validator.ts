import { Ajv } from 'ajv';
import { entryProperties, importProperties } from './keys.js';

export const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  validateSchema: false,
  code: { source: true, esm: true, optimize: false },
})
  .addSchema({ type: 'object', properties: entryProperties }, 'validateEntry')
  .addSchema({ type: 'object', properties: { ...entryProperties, ...importProperties } }, 'validateImport');

/** Compiled by the build (build/compiled.js). */
export const validateEntry = ajv.getSchema('validateEntry')!;
export const validateImport = ajv.getSchema('validateImport')!;
