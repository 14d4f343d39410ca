import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { createLog, loggedPath, logOptions } from '../../src/http/log.js';
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

test('lines of any length and script arrive whole and in their order', async () => {
  const file = join(temporaryFolder(), 'gatehouse.log');
  const log = createLog({ level: 'info', file });
  const letters = ['x', '☃', 'é', '🦊'];
  const texts = Array.from({ length: 400 }, (_, at) =>
    letters[at % 4]!.repeat(at === 201 ? 30_000 : (at * 7919) % 700),
  );
  for (const text of texts) log.info({ text }, 'line');
  log.flush();
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
  while (!existsSync(file) || lines().length < texts.length) await setTimeout(20);
  expect(lines().map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(texts);
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

const token = 'dSgLS9s9GQd3n-F8mh9hcnQSzR7OE4L58fZ1FAe_Zww';

test.each([
  ['/api/login/reset-password-link', '/api/login/reset-password-link'],
  ['/api/login/users/one-time-account/', '/api/login/users/one-time-account/'],
  ['/wp-login.php', '/wp-login.php'],
  [`/login/magik-link/${token}`, '/login/magik-link/dSgL…'],
  [`/user/reset/1/1795262400/${token}/more`, '/user/reset/1/1795262400/dSgL…/more'],
  [`/login/reset-passwordtoken=${token}`, '/login/rese…'],
  [`/${token.toLowerCase()}`, '/dsgl…'],
  [`/${'a/'.repeat(500)}`, `/${'a/'.repeat(99)}a`],
])('of the unknown path %s the log has %s', (path, logged) => {
  expect(loggedPath(path)).toBe(logged);
});

test('of an error the log has the story, and nothing that a driver hung on it', () => {
  const lines: string[] = [];
  const log = pino(logOptions('info'), { write: (line: string) => void lines.push(line) });
  const cause = Object.assign(new Error('inner'), { command: { args: ['hunter2'] } });
  const error = Object.assign(new Error('outer', { cause }), {
    code: 'ER_X',
    sql: "insert into users values ('hunter2')",
  });
  log.error({ err: error }, 'failed');
  expect(JSON.parse(lines[0]!)).toMatchObject({ err: { type: 'Error', message: 'outer: inner', code: 'ER_X' } });
  expect(lines[0]).not.toContain('hunter2');
});
