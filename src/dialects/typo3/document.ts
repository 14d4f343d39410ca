import type { DialectDocument, DocumentedAnswer } from '../dialect.js';
import { words } from './words.js';

const text = { type: 'string' };
const whole = { type: 'integer' };
const flag = { type: 'boolean' };

function object(properties: Record<string, object>): Record<string, unknown> {
  return { type: 'object', required: Object.keys(properties), properties };
}

const movesOn: DocumentedAnswer = {
  status: 200,
  description: 'Where the client goes next',
  schema: object({ redirect: { type: 'string', format: 'uri' } }),
};

const names = (list: string): string[] => list.split(' ');
const texts = names(
  'address city company country email fax firstName forgotPasswordFormUrl lastName middleName name telephone title unlockActionUrl username www zip',
);
const numbers = names('crdate endtime lockMinutesInterval tstamp uid');
const flags = names('locked loggedIn notLocked online timeToUnlock');

const currentUser = object(
  Object.fromEntries(
    [
      ...texts.map((name) => [name, text] as const),
      ...numbers.map((name) => [name, whole] as const),
      ...flags.map((name) => [name, flag] as const),
      ['image', { type: 'null' }] as const,
    ].sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
);

/** The bodies of EXT:login's endpoints (contract ext-login, sections 1 to 3) for the API document. */
export const document: DialectDocument = {
  answers: {
    authenticated: {
      status: 200,
      description: 'Whether somebody is logged in',
      schema: object({ authenticated: flag }),
    },
    currentUser: {
      status: 200,
      description: 'The logged-in user, in a list of one',
      schema: { type: 'array', minItems: 1, maxItems: 1, items: currentUser },
    },
    loggedIn: { ...movesOn, description: 'Logged in; the session cookie is set' },
    loggedOut: { ...movesOn, description: 'Logged out; the session is gone' },
    sessionToken: { status: 200, description: 'The CSRF token', type: 'text/plain', schema: text },
    pong: { status: 200, description: 'The server is there', schema: object({ status: { const: 'pong' } }) },
    mailSent: { ...movesOn, description: 'A mail is on its way' },
    passwordReset: { ...movesOn, description: 'The new password counts' },
    unlocked: { ...movesOn, description: 'The lock is lifted' },
    simulated: { ...movesOn, description: 'From now on the browser acts as that user' },
    terminated: { status: 200, description: 'How many sessions were ended', schema: object({ terminated: whole }) },
    addressProven: { ...movesOn, description: 'The address is proven' },
    confirmed: { status: 200, description: 'The password was right', schema: object({ authenticated: flag }) },
    ownSessions: {
      status: 200,
      description: 'The user’s sessions',
      schema: { type: 'array', items: { type: 'object' } },
    },
    shown: { status: 200, description: 'The outcome, told this once', schema: { type: 'object' } },
    done: { status: 200, description: 'Done', schema: { type: 'object' } },
  },
  refusal(reason) {
    const entry = words[reason];
    const byField = { type: 'object', additionalProperties: { type: 'array', items: text } };
    if ('fields' in entry) return { status: entry.status, schema: object({ errors: byField }) };
    return {
      status: entry.status,
      schema: { type: 'object', required: ['error'], properties: { error: text, errors: byField } },
    };
  },
};
