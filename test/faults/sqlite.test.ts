import { expect, jest, test } from '@jest/globals';
import Database from 'libsql';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Agent } from '../support/agent.js';
import { said, serve } from '../support/command.js';
import { rightPassword, startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';

jest.setTimeout(60_000);

const login = '/api/login/logins/auth';
const authenticated = '/api/login/users/authenticated';

test('while another program holds the database a login is answered 503, sessions go on, and it heals by itself', async () => {
  const dataDir = temporaryFolder();
  const gatehouse = await startTestGatehouse({ dataDir, config: { database: { statementTimeoutMs: 100 } } });
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  const other = new Database(join(dataDir, 'gatehouse.sqlite'));
  other.exec('begin immediate');
  const refused = await gatehouse.agent().post(login, { username: 'user', password: rightPassword });
  expect(refused).toMatchObject({ status: 503, json: { error: 'Service temporarily unavailable.' } });
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect((await agent.get(authenticated)).json).toEqual({ authenticated: true });
  other.exec('rollback');
  other.close();
  await gatehouse.loggedIn();
});

/** A process that may not write files beyond a size meets what it would meet on a full disk; the limit can be lifted. */
// (ASVS 16.5.2)
test('on a full disk a login is answered 503 and leaves nothing behind, sessions go on, and with room it works again', async () => {
  const folder = temporaryFolder();
  const server = await serve(folder);
  const [, password] = await said(server, /password {2}(\S+)/);
  const limitFiles = (bytes: string) =>
    execFileSync('prlimit', [`--pid=${server.child.pid}`, `--fsize=${bytes}:unlimited`]);
  const agent = new Agent(server.url);
  const logIn = (by = new Agent(server.url)) => by.post(login, { username: 'user', password });
  expect((await logIn(agent)).status).toBe(200);

  limitFiles('4096');
  const refused = await logIn();
  expect(refused).toMatchObject({ status: 503, json: { error: 'Service temporarily unavailable.' } });
  expect(refused.headers.get('set-cookie') ?? '').not.toContain('fe_typo_user=');
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect((await agent.get(authenticated)).json).toEqual({ authenticated: true });
  expect((await agent.get('/health/live')).status).toBe(200);

  limitFiles('unlimited');
  expect((await logIn()).status).toBe(200);
  const sessions = new Database(join(folder, 'var', 'gatehouse.sqlite'), { readonly: true });
  expect(sessions.prepare('select count(*) as count from sessions').get()).toMatchObject({ count: 2 });
  sessions.close();
  expect(await server.end('SIGTERM')).toBe(0);
});
