import { expect, test } from '@jest/globals';
import { validateSettings } from '../../src/config/validator.js';
import { validateSchema } from '../../src/lib/validator.js';
import { validateEntry, validateImport } from '../../src/routes/validator.js';

test.each(Object.entries({ validateSettings, validateEntry, validateImport }))(
  '%s is made of a schema that is one',
  (_name, { schema }) => {
    expect([validateSchema(schema), validateSchema.errors]).toEqual([true, null]);
    expect(validateSchema({ type: 'strin' })).toBe(false);
  },
);
