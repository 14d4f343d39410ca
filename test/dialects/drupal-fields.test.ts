import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { hasPassword, readFields, toChange, toRegistration } from '../../src/dialects/drupal/fields.js';
import { entityFields } from '../../src/dialects/drupal/entity.js';
import { nameProblems } from '../../src/dialects/drupal/names.js';
import { problemText, words } from '../../src/dialects/drupal/words.js';
import { Refusal, type Problem } from '../../src/errors.js';
import type { Services } from '../../src/auth/services.js';
import { openTestStores } from '../support/stores.js';

const services = { settings: { mail: { language: 'en' }, roles: {} } } as unknown as Services;

const name = fc.constantFrom('pass', 'foo', '__proto__', ...Object.keys(entityFields));
const property = fc.constantFrom('value', 'existing', 'pre_hashed', 'target_id', 'format', 'x');
const item = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.dictionary(property, fc.jsonValue({ maxDepth: 2 })));
const body = fc.dictionary(name, fc.oneof(item, fc.array(item, { maxLength: 3 })));

/** Its value, or the refusal; anything else that is thrown fails the test. */
function orRefusal<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

test('any body becomes a registration of texts, or is refused in words', () => {
  fc.assert(
    fc.property(body, (sent) => {
      const outcome = orRefusal(() => {
        const submitted = readFields(sent);
        hasPassword(submitted);
        return toRegistration(submitted);
      });
      if (outcome instanceof Refusal) return expect(textOf(outcome)).not.toMatch(/undefined|\[object/);
      expect([typeof outcome.username, typeof outcome.email]).toEqual(['string', 'string']);
      expect(['string', 'undefined']).toContain(typeof outcome.password);
      return expect(outcome.problems!.map(problemText).join()).not.toMatch(/undefined/);
    }),
    { numRuns: 300 },
  );
});

test('any body becomes a change of a record without what nobody may set, or is refused in words', async () => {
  const stores = await openTestStores();
  const user = await stores.users.insert({ username: 'user', email: 'user@example.com', passwordHash: '' });
  const known = new Set(
    'username email password currentPassword timezone language disabled groups admin problems'.split(' '),
  );
  fc.assert(
    fc.property(body, (sent) => {
      const outcome = orRefusal(() => toChange(readFields(sent), user, services));
      if (outcome instanceof Refusal) return expect(textOf(outcome)).not.toMatch(/undefined|\[object/);
      return expect(Object.keys(outcome).filter((field) => !known.has(field))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('the record that was shown is no change when it is sent back', async () => {
  const stores = await openTestStores();
  const user = await stores.users.insert({
    username: 'user',
    email: 'user@example.com',
    passwordHash: '',
    groups: ['editors'],
    admin: true,
  });
  const { settings } = services;
  const shown = Object.entries(entityFields).map(([field, { items }]) => [field, items(user, settings)]);
  expect(toChange(readFields(JSON.parse(JSON.stringify(Object.fromEntries(shown)))), user, services)).toEqual({});
});

test('every reason has words without holes', () => {
  const problems: Problem[] = [];
  for (const { text } of Object.values(words)) {
    const detail = {
      problems,
      supported: ['json'],
      missing: ['name'],
      permission: 'x',
      field: 'x',
      message: 'x',
      limit: 5,
    };
    expect(typeof text === 'string' ? text : text(detail, () => 'GET http://host/path')).not.toMatch(/undefined/);
  }
});

test('a name that is accepted can be seen, and is one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      if (nameProblems(text).length === 0)
        expect(text).toMatch(/^[\p{L}\p{M}\p{Nd}@+_.'-][^\p{C}\p{Z}]*( [^\p{C}\p{Z}]+)*$/u);
    }),
  );
});

function textOf({ reason, detail }: Refusal): string {
  const { text } = words[reason];
  return typeof text === 'string' ? text : text(detail, () => 'GET http://host/path');
}
