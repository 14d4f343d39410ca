import { Ajv } from 'ajv';

export const ajv = new Ajv({
  allErrors: true,
  ownProperties: true,
  verbose: true,
  strict: true,
  validateSchema: false,
  code: { source: true, esm: true, optimize: false },
});

/** Whether something is a JSON Schema of draft 7. Compiled by the build (build/compiled.js). */
export const validateSchema = ajv.getSchema('http://json-schema.org/draft-07/schema')!;
