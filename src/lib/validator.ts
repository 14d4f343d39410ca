import { Ajv } from 'ajv';

export const ajv = new Ajv({
  allErrors: true,
  ownProperties: true,
  verbose: true,
  strict: true,
  code: { source: true, esm: true },
});

/** Whether something is a JSON Schema of draft 7. Compiled by the build (build/compiled.js). */
export const validateSchema = ajv.getSchema('http://json-schema.org/draft-07/schema')!;
