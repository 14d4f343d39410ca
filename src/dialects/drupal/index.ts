import type { Dialect } from '../dialect.js';
import { admit } from './admit.js';
import { readDeclared } from './body.js';
import { document } from './document.js';
import { formats } from './formats.js';
import { hear } from './hear.js';
import { policy } from './policy.js';
import { refuse } from './refuse.js';
import { say } from './say.js';
import { problemText } from './words.js';

/**
 * The REST contract of Drupal's user module (contract drupal): JSON or XML by `?_format=`, refusals as `{"message":…}`.
 * A token travels in `X-CSRF-Token`; an empty one is a wrong one.
 */
export const drupal: Dialect = {
  name: 'drupal',
  description: 'Drupal 8 to 11: {"message":…}, ?_format=json or xml',
  matching: { sensitive: false, strict: false },
  readBody: readDeclared,
  admit,
  inputs: {
    login: textFields('name', 'pass'),
    resetRequest: { type: 'object', properties: { name: { type: 'string' }, mail: { type: 'string' } } },
    registration: entity('name', 'mail', 'pass'),
    userChange: entity('name', 'mail', 'pass', 'timezone', 'preferred_langcode', 'status', 'roles'),
    oneTimeLogin: { type: 'object', properties: { pass: { type: 'string' } } },
  },
  hear,
  say,
  refuse,
  problemText,
  policy,
  csrfToken: ({ req }) => {
    const token = req.headers['x-csrf-token'];
    return Array.isArray(token) ? token.join() : token;
  },
  optionsStatus: 200,
  formats,
  document,
};

function textFields(...names: string[]) {
  return {
    type: 'object',
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  };
}

/** Each field is a list of items. */
function entity(...names: string[]) {
  const items = { type: 'array', items: { type: 'object' } };
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, items])) };
}
