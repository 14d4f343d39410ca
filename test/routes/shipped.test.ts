import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { handlers } from '../../src/handlers/index.js';
import { startTestGatehouse } from '../support/gatehouse.js';

interface Entry {
  path: string;
  methods: string | string[];
  handler: string;
  middleware?: string[];
}

const file = fileURLToPath(new URL('../../routes.yaml', import.meta.url));
const entries = Object.values(load(readFileSync(file, 'utf8')) as Record<string, Entry>);
const methodsOf = ({ methods }: Entry): string[] => [methods].flat();

// (ASVS 8.2.1)
test('every route of the administration refuses visitors and users who are no administrators', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const [visitor, user] = [gatehouse.agent(), await gatehouse.loggedIn()];
  const guarded = entries.filter(({ path }) => /^\/(api\/)?admin|\/(simulate|terminate)\//.test(path));
  expect(guarded.length).toBeGreaterThan(30);
  for (const entry of guarded)
    for (const method of methodsOf(entry)) {
      const path = entry.path.replaceAll(/\{[^}]*\}/g, '1');
      const statuses = [(await visitor.call(path, { method })).status, (await user.call(path, { method })).status];
      expect([method, path, ...statuses]).toEqual([method, path, 401, 403]);
    }
});

// (ASVS 3.5.3)
test('of what changes something only the published logout is served by GET', () => {
  const changing = entries.filter((entry) => handlers.get(entry.handler)!.changesState);
  expect(changing.length).toBeGreaterThan(20);
  expect(changing.filter((entry) => methodsOf(entry).includes('GET')).map(({ handler }) => handler)).toEqual([
    'logout',
  ]);
});
