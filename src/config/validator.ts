import { Ajv } from 'ajv';
import { settingsSchema } from './schema.js';

export const ajv = new Ajv({
  allErrors: true,
  ownProperties: true,
  verbose: true,
  strict: true,
  useDefaults: true,
  validateSchema: false,
  code: { source: true, esm: true, optimize: false },
}).addSchema(settingsSchema, 'validateSettings');

/** Compiled by the build (build/compiled.js), because that takes a tenth of a start. */
export const validateSettings = ajv.getSchema('validateSettings')!;
