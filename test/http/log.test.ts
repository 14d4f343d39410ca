import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createLog } from '../../src/http/log.js';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';

test('a log file holds one line of JSON per event, in any script', async () => {
  const file = join(temporaryFolder(), 'log', 'gatehouse.log');
  const log = createLog({ level: 'info', file });
  log.info({ name: 'grüß ☃' }, 'first');
  log.info({ password: 'secret' }, 'second');
  await written(file);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { msg: 'first', name: 'grüß ☃' },
    { msg: 'second', password: '[redacted]' },
  ]);
});

test('a request is one line with its id, whatever its path holds', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.agent().get('/no"thing\\here?token=secret');
  const { headers } = await gatehouse.agent().get('/api/login/users/authenticated');
  const lines = gatehouse.logged.filter(({ msg }) => msg === 'request');
  expect(lines).toMatchObject([
    { method: 'GET', path: '/no%22thing/here', status: 404, reason: 'not-found', address: '127.0.0.1' },
    {
      requestId: headers.get('x-request-id'),
      path: '/api/login/users/authenticated',
      route: 'login_users-authenticated',
      status: 200,
    },
  ]);
});

/** Lines wait a moment for each other. */
async function written(file: string): Promise<void> {
  while (!existsSync(file) || statSync(file).size === 0) await setTimeout(20);
}
