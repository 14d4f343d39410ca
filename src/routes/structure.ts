import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import { complaintsOf, type Complaint } from '../lib/complaints.js';
import type { HandlerDefinition } from './contract.js';
import { validateEntry, validateImport } from './validator.js';

/** Wrong types of an entry's keys; unknown keys are judged elsewhere, because handlers bring their own. */
export function checkStructure(keys: Record<string, unknown>): Complaint[] {
  return validateEntry(keys) ? [] : complaintsOf(validateEntry.errors);
}

export function checkImportStructure(keys: Record<string, unknown>): Complaint[] {
  return validateImport(keys) ? [] : complaintsOf(validateImport.errors);
}

/** The keys a handler understands beside the common ones. */
export function checkOptions(handler: HandlerDefinition, options: Record<string, unknown>): Complaint[] {
  if (!handler.options) return [];
  const validate = optionValidator(handler);
  return validate(options) ? [] : complaintsOf(validate.errors?.filter(isNotUnknownKey));
}

function isNotUnknownKey({ keyword, instancePath }: ErrorObject): boolean {
  return keyword !== 'additionalProperties' || instancePath !== '';
}

/** One for all handlers: each instance would compile the schema of schemas again, which takes longer than all the rest. */
const optionAjv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  allowUnionTypes: true,
  validateSchema: false,
  code: { optimize: false },
});

const optionValidators = new WeakMap<HandlerDefinition, ValidateFunction>();

function optionValidator(handler: HandlerDefinition): ValidateFunction {
  const known = optionValidators.get(handler);
  if (known) return known;
  const { options = {}, requiredOptions = [] } = handler;
  const schema = { type: 'object', properties: options, required: requiredOptions };
  const validate = optionAjv.compile(schema);
  optionValidators.set(handler, validate);
  return validate;
}
