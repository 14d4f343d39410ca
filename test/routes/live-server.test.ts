import { expect, test } from '@jest/globals';
import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';

const ping = 'ping: { path: /api/ping, handler: ping }\n';

async function servingFrom(text: string): Promise<{ gatehouse: TestGatehouse; file: string }> {
  const file = join(temporaryFolder(), 'routes.yaml');
  writeFileSync(file, text);
  const gatehouse = await startTestGatehouse({ env: { ROUTES_FILE: file }, config: { routes: { settleMs: 20 } } });
  return { gatehouse, file };
}

/** Everything editors and deployments do to a file. */
function save(file: string, round: number): void {
  const text = `${ping}extra-${round}: { path: /extra/${round}, handler: ping }\n`;
  if (round % 5 === 1) return writeFileSync(file, `${text}broken: { path: [\n`);
  if (round % 5 === 2) return writeFileSync(file, '');
  if (round % 5 === 3) return unlinkSync(file);
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

// (ASVS 15.4.1)
test('twenty saves under fifty clients lose no request', async () => {
  const { gatehouse, file } = await servingFrom(ping);
  const answers = new Map<number, number>();
  const stop = new AbortController();
  const client = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const { status } = await gatehouse.agent().get('/api/ping');
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 50 }, client);
  for (let round = 0; round < 20; round++) {
    save(file, round);
    await sleep(40);
  }
  save(file, 20);
  const end = Date.now() + 4000;
  while (Date.now() < end && (await gatehouse.agent().get('/extra/20')).status !== 200) await sleep(20);
  stop.abort();
  await Promise.all(clients);
  expect([...answers.keys()]).toEqual([200]);
  expect(answers.get(200)).toBeGreaterThan(100);
  expect((await gatehouse.agent().get('/extra/20')).status).toBe(200);
});

test('a mistake shows in /health/ready, which stays ready, and tells nothing of the file', async () => {
  const { gatehouse, file } = await servingFrom(ping);
  writeFileSync(file, 'secret-name: { path: /a, handler: pong }\n');
  const text = '1 mistake in the routes file, the last good routes serve';
  const end = Date.now() + 4000;
  while (Date.now() < end && gatehouse.routes.state().trouble === undefined) await sleep(20);
  const answer = await gatehouse.agent().get('/health/ready');
  expect(answer).toMatchObject({ status: 200, json: { checks: { routes: text } } });
  expect(answer.text).not.toContain('secret-name');
});

// (ASVS 4.1.2)
test('a route for https answers where the public URL is https, or a trusted proxy says so', async () => {
  const secure = 'a: { path: /a, handler: ping, schemes: https }\nb: { path: /b, handler: ping, schemes: http }\n';
  const plain = await servingFrom(secure);
  expect((await plain.gatehouse.agent().get('/a')).status).toBe(404);
  expect((await plain.gatehouse.agent().get('/a', { 'X-Forwarded-Proto': 'https' })).status).toBe(404);
  const proxied = await startTestGatehouse({
    env: { ROUTES_FILE: plain.file },
    config: { http: { trustedProxies: ['127.0.0.1'] } },
  });
  expect((await proxied.agent().get('/a', { 'X-Forwarded-Proto': 'https' })).status).toBe(200);
  expect((await proxied.agent().get('/b', { 'X-Forwarded-Proto': 'http, https' })).status).toBe(404);
  const behindTls = await startTestGatehouse({ env: { ROUTES_FILE: plain.file, PUBLIC_URL: 'https://example.com' } });
  expect((await behindTls.agent().get('/a')).status).toBe(200);
});
