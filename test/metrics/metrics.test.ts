import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/load.js';
import { startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';

const login = '/api/login/logins/auth';
const on = (token = '') => startTestGatehouse({ config: { metrics: { enabled: true, token } } });

/** The value of one line, labels in the order given. */
async function figure(gatehouse: TestGatehouse, line: string): Promise<number> {
  const { status, text } = await gatehouse.agent().get('/metrics');
  expect(status).toBe(200);
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return Number(found?.slice(line.length + 1) ?? NaN);
}

describe('/metrics', () => {
  test('is not there unless it is switched on', async () => {
    const gatehouse = await startTestGatehouse();
    expect((await gatehouse.agent().get('/metrics')).status).toBe(404);
  });

  test('counts requests by route and status, and how long they took', async () => {
    const gatehouse = await on();
    await gatehouse.addUser();
    await gatehouse.loggedIn();
    await gatehouse.agent().post(login, { username: 'user', password: 'wrong' });
    expect(await figure(gatehouse, 'gatehouse_requests_total{route="login_logins-auth",status="200"}')).toBe(1);
    expect(await figure(gatehouse, 'gatehouse_requests_total{route="login_logins-auth",status="422"}')).toBe(1);
    expect(await figure(gatehouse, 'gatehouse_request_duration_seconds_count{route="login_logins-auth"}')).toBe(2);
    const all = 'gatehouse_request_duration_seconds_bucket{le="+Inf",route="login_logins-auth"}';
    expect(await figure(gatehouse, all)).toBe(2);
    expect(
      await figure(gatehouse, 'gatehouse_request_duration_seconds_sum{route="login_logins-auth"}'),
    ).toBeGreaterThan(0);
  });

  test('counts refusals by reason and events by type', async () => {
    const gatehouse = await on();
    for (let times = 0; times < 51; times += 1)
      await gatehouse.agent().post(login, { username: 'nobody', password: 'x' });
    expect(await figure(gatehouse, 'gatehouse_refusals_total{reason="throttled"}')).toBe(1);
    expect(await figure(gatehouse, 'gatehouse_refusals_total{reason="unknown-user"}')).toBe(50);
    expect(await figure(gatehouse, 'gatehouse_events_total{type="loginFailed"}')).toBe(50);
  });

  test('tells sessions, queues, mails, routes and the lag of the event loop', async () => {
    const gatehouse = await on();
    await gatehouse.addUser();
    await gatehouse.loggedIn();
    expect(await figure(gatehouse, 'gatehouse_sessions')).toBe(1);
    expect(await figure(gatehouse, 'gatehouse_mails{state="dead"}')).toBe(0);
    expect(await figure(gatehouse, 'gatehouse_passwords_waiting')).toBe(0);
    expect(await figure(gatehouse, 'gatehouse_passwords_queue_limit')).toBe(256);
    expect(await figure(gatehouse, 'gatehouse_routes')).toBe(gatehouse.table().routes.length);
    expect(await figure(gatehouse, 'gatehouse_routes_mistaken')).toBe(0);
    expect(await figure(gatehouse, 'gatehouse_routes_reloads_total{result="used"}')).toBe(0);
    expect(await figure(gatehouse, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });

  test('counts requests whose forwarded address was not believed', async () => {
    const gatehouse = await on();
    for (const path of ['/a', '/b']) await gatehouse.agent().get(path, { 'X-Forwarded-For': '203.0.113.9' });
    expect(await figure(gatehouse, 'gatehouse_forwarding_ignored_total')).toBe(2);
  });

  test('has one label for all paths that no route has', async () => {
    const gatehouse = await on();
    for (const path of ['/a', '/b', '/c?d']) await gatehouse.agent().get(path);
    await gatehouse.agent().get('/health/live');
    expect(await figure(gatehouse, 'gatehouse_requests_total{route="(none)",status="404"}')).toBe(3);
    expect(await figure(gatehouse, 'gatehouse_requests_total{route="(health)",status="200"}')).toBe(1);
  });
});

describe('who may read /metrics', () => {
  test('without a token: programs on this machine, and nobody whom a proxy brings', async () => {
    const gatehouse = await on();
    expect((await gatehouse.agent().get('/metrics')).status).toBe(200);
    for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP'])
      expect((await gatehouse.agent().get('/metrics', { [header]: 'for=127.0.0.1' })).status).toBe(404);
  });

  test('with a token: who shows it', async () => {
    const gatehouse = await on('a token of the operator');
    const anonymous = await gatehouse.agent().get('/metrics');
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="metrics"']);
    const wrong = await gatehouse.agent().get('/metrics', { Authorization: 'Bearer a token of somebody' });
    expect(wrong.status).toBe(401);
    const right = await gatehouse.agent().get('/metrics', { Authorization: 'Bearer a token of the operator' });
    expect([right.status, right.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
  });

  // (ASVS 13.4.5)
  test('in production there must be a token', () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'config.yaml'), 'metrics: { enabled: true }\n');
    const env = { NODE_ENV: 'production', CONFIG_FILE: 'config.yaml', PUBLIC_URL: 'https://login.example' };
    expect(() => loadSettings({ env, cwd })).toThrow(/metrics\.token: must have at least 16 characters in production/);
  });
});
