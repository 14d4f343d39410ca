import type { DialectDocument } from '../dialect.js';
import { entityFields } from './entity.js';
import { words } from './words.js';

const text = { type: 'string' };

const items = { type: 'array', items: { type: 'object', properties: { value: {} } } };
const entity = {
  type: 'object',
  properties: Object.fromEntries(Object.keys(entityFields).map((name) => [name, items])),
};

const loggedIn = {
  type: 'object',
  required: ['current_user', 'csrf_token', 'logout_token'],
  properties: {
    current_user: {
      type: 'object',
      required: ['uid', 'name'],
      properties: { uid: text, name: text, roles: { type: 'array', items: text } },
    },
    csrf_token: text,
    logout_token: text,
  },
};

/** The bodies of Drupal's user endpoints (contract drupal, sections 2 to 4) for the API document. */
export const document: DialectDocument = {
  answers: {
    authenticated: {
      status: 200,
      description: '1 if somebody is logged in, else 0',
      type: 'text/plain',
      schema: { enum: ['0', '1'] },
    },
    currentUser: { status: 200, description: 'The logged-in user', schema: entity },
    loggedIn: { status: 200, description: 'Logged in; the session cookie is set', schema: loggedIn },
    loggedOut: { status: 204, description: 'Logged out' },
    sessionToken: { status: 200, description: 'The CSRF token', type: 'text/plain', schema: text },
    pong: {
      status: 200,
      description: 'The server is there',
      schema: { type: 'object', properties: { status: { const: 'pong' } } },
    },
    mailSent: { status: 200, description: 'A mail is on its way' },
    registered: { status: 200, description: 'The new user', schema: entity },
    user: { status: 200, description: 'As much of the record as the caller may see', schema: entity },
    deleted: { status: 204, description: 'Deleted' },
    done: { status: 204, description: 'Done' },
  },
  refusal: (reason) => ({
    status: words[reason].status,
    schema: { type: 'object', required: ['message'], properties: { message: text } },
  }),
};
