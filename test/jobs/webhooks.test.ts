import { afterEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';

const secret = 'a secret of at least thirty-two characters';
const login = '/api/login/logins/auth';
const receivers: Server[] = [];

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Somebody's server that answers with the next of these statuses. */
async function receiver(...statuses: number[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(statuses.shift() ?? 204, { Location: '/elsewhere' }).end();
    });
  });
  receivers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/hook?key=hidden`, received };
}

afterEach(() => {
  for (const server of receivers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Its queue is worked through when the test says so. */
async function start(url: string, events = ['login'], allowPrivateAddresses = true): Promise<TestGatehouse> {
  const config = { webhooks: [{ url, secret, events }], webhookOptions: { allowPrivateAddresses } };
  const gatehouse = await startTestGatehouse({ config });
  await gatehouse.worker.close();
  return gatehouse;
}

async function logInOnce(gatehouse: TestGatehouse): Promise<void> {
  await gatehouse.addUser();
  await gatehouse.agent().post(login, { username: 'user', password: rightPassword });
  await gatehouse.services.tell.settled();
  await gatehouse.worker.runDue();
}

describe('webhooks', () => {
  // (ASVS 16.2.2)
  test('an event that is wanted arrives once, signed over its id, time and body', async () => {
    const { url, received } = await receiver();
    const gatehouse = await start(url);
    await logInOnce(gatehouse);
    await gatehouse.worker.runDue();
    expect(received).toHaveLength(1);
    const { headers, body, path } = received[0]!;
    expect(path).toBe('/hook?key=hidden');
    expect(JSON.parse(body)).toMatchObject({
      type: 'login',
      timestamp: '2026-11-21T12:00:00.000Z',
      data: { username: 'user', factor: 'password', origin: { userAgent: 'node' } },
    });
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const signature = createHmac('sha256', secret).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(headers['webhook-timestamp']).toBe(String(gatehouse.clock.now() / 1000));
  });

  test('a receiver that fails is asked again, later and later, with the same id and a new time', async () => {
    const { url, received } = await receiver(500, 503);
    const gatehouse = await start(url);
    await logInOnce(gatehouse);
    expect(received).toHaveLength(1);
    gatehouse.clock.advance({ seconds: 4 });
    expect(await gatehouse.worker.runDue()).toBe(0);
    gatehouse.clock.advance({ seconds: 1 });
    await gatehouse.worker.runDue();
    gatehouse.clock.advance({ seconds: 30 });
    await gatehouse.worker.runDue();
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    expect(await gatehouse.services.stores.jobs.count('waiting')).toBe(0);
  });

  test('after two and a half days it is given up, and one that answers 410 at once', async () => {
    const failing = await receiver(...Array.from({ length: 20 }, () => 500));
    const gatehouse = await start(failing.url);
    await logInOnce(gatehouse);
    for (let i = 0; i < 12; i += 1) {
      gatehouse.clock.advance({ days: 1 });
      await gatehouse.worker.runDue();
    }
    expect(failing.received).toHaveLength(10);
    expect(await gatehouse.services.stores.jobs.list({ state: 'dead' })).toMatchObject([
      { recipient: new URL(failing.url).origin, lastError: 'it answered 500' },
    ]);
    const gone = await receiver(410);
    const second = await start(gone.url);
    await logInOnce(second);
    expect(await second.services.stores.jobs.count('dead')).toBe(1);
  });

  // (ASVS 15.3.2)
  test('a redirect is not followed', async () => {
    const { url, received } = await receiver(302);
    const gatehouse = await start(url);
    await logInOnce(gatehouse);
    expect(received.map(({ path }) => path)).toEqual(['/hook?key=hidden']);
    expect(await gatehouse.services.stores.jobs.count('waiting')).toBe(1);
  });

  // (ASVS 1.3.6, 13.2.5)
  test.each(['localhost', '127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1'])(
    'a private address is not called, by whatever name: %s',
    async (host) => {
      const { url, received } = await receiver();
      const gatehouse = await start(url.replace('localhost', host), ['login'], false);
      await logInOnce(gatehouse);
      expect(received).toEqual([]);
      const [job] = await gatehouse.services.stores.jobs.list({});
      expect(job).toMatchObject({ state: 'waiting', attempts: 1 });
      expect(job!.lastError).toMatch(/is not a public address/);
    },
  );

  // (ASVS 16.4.3)
  test('an empty list of events means all, and what waits survives a restart of the server', async () => {
    const { url, received } = await receiver();
    const gatehouse = await start(url, []);
    await gatehouse.agent().post(login, { username: 'nobody', password: 'x' });
    await gatehouse.services.tell.settled();
    expect(await gatehouse.services.stores.jobs.count('waiting')).toBe(1);
    const [job] = await gatehouse.services.stores.jobs.list({});
    expect(job!.payload).not.toMatch(/nobody|hidden/);
    await gatehouse.worker.runDue();
    expect(JSON.parse(received[0]!.body)).toMatchObject({ type: 'loginFailed', data: { username: 'nobody' } });
  });
});
