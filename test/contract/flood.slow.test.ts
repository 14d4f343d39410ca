import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { memoryHeld } from '../support/memory.js';

/** A connection on which the test says byte by byte what is sent. */
async function dial({ url }: TestGatehouse): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything that arrives until the server hangs up. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

function loginFrom(address: string): string {
  const body = JSON.stringify({ username: 'user', password: rightPassword });
  const headers = [`X-Forwarded-For: ${address}`, 'Content-Type: application/json', `Content-Length: ${body.length}`];
  return ['POST /api/login/logins/auth HTTP/1.1', 'Host: localhost', ...headers, '', body].join('\r\n');
}

/** `count` logins at once on one connection, each from an address of its own; answers status and Retry-After of each. */
async function logInTogether(gatehouse: TestGatehouse, line: number, count: number): Promise<string[]> {
  const socket = await dial(gatehouse);
  const requests = Array.from({ length: count }, (_, index) => loginFrom(`10.${line >> 8}.${line & 255}.${index}`));
  socket.write(requests.join(''));
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.split('HTTP/1.1 ').length > count && text.trimEnd().endsWith('}')) break;
  }
  return text.split('HTTP/1.1 ').slice(1);
}

/** Bytes that something still holds. */
const heapInUse = (): number => memoryHeld().heapUsed;

test('of 5,000 logins at once as many get in as can wait, the others are told when to come back', async () => {
  const config = {
    password: { workers: 1, queue: 256 },
    http: { trustedProxies: ['127.0.0.1'] },
    mail: { login: false },
  };
  const gatehouse = await startTestGatehouse({ config });
  await gatehouse.addUser();
  const agent = gatehouse.agent();
  const before = heapInUse();

  const flood = Promise.all(Array.from({ length: 200 }, (_, line) => logInTogether(gatehouse, line, 25)));
  const health = await agent.get('/health/live');
  const { waiting } = gatehouse.services.passwords.load;
  const answers = (await flood).flat();

  expect(health.status).toBe(200);
  expect(waiting).toBeLessThanOrEqual(256);
  const letIn = answers.filter((answer) => answer.startsWith('200'));
  const sentAway = answers.filter((answer) => /^503[^]*\nRetry-After: [1-9]\d*\r/.test(answer));
  expect(letIn.length + sentAway.length).toBe(5000);
  expect(letIn.length).toBeGreaterThan(256);
  expect(sentAway.length).toBeGreaterThan(256);
  expect(heapInUse() - before).toBeLessThan(200e6);
  expect(gatehouse.services.passwords.load).toMatchObject({ waiting: 0, running: 0 });
  expect((await gatehouse.loggedIn()).cookies.has('fe_typo_user')).toBe(true);
}, 60_000);

test('a client that hangs up while it waits leaves the queue', async () => {
  const gatehouse = await startTestGatehouse({ config: { password: { cost: 10, workers: 1 } } });
  await gatehouse.addUser();
  const sockets = await Promise.all(Array.from({ length: 5 }, () => dial(gatehouse)));
  for (const socket of sockets) socket.write(loginFrom('10.0.0.1'));
  const { passwords } = gatehouse.services;
  while (passwords.load.waiting < 4) await sleep(1);
  for (const socket of sockets) socket.destroy();
  while (passwords.load.waiting > 0) await sleep(1);
  expect(passwords.load.running).toBe(1);
});

test.each([
  ['headers', 'GET /api/ping HTTP/1.1\r\nHost: localhost\r\n'],
  ['a body', 'POST /api/login/logins/auth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n'],
])('who sends %s letter by letter is cut off, and nobody else notices', async (_what, beginning) => {
  const http = { headersTimeoutSeconds: 1, requestTimeoutSeconds: 1 };
  const gatehouse = await startTestGatehouse({ config: { http } });
  const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(gatehouse)));
  const dripping = sockets.map((socket) => {
    socket.write(beginning);
    const timer = setInterval(() => socket.write('x'), 50);
    return readToEnd(socket).finally(() => clearInterval(timer));
  });
  expect((await gatehouse.agent().get('/api/ping')).status).toBe(200);
  for (const answer of await Promise.all(dripping)) expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
});

test('a client that asks much and reads nothing holds up only itself', async () => {
  const gatehouse = await startTestGatehouse();
  const socket = await dial(gatehouse);
  socket.pause();
  const before = heapInUse();
  const question = 'GET /api/ping HTTP/1.1\r\nHost: localhost\r\n\r\n';
  let sent = 0;
  // as much as the server takes before it stops reading
  for (; sent < 200_000 && !socket.writableNeedDrain; sent += 100) socket.write(question.repeat(100));
  await sleep(200);
  expect((await gatehouse.agent().get('/api/ping')).status).toBe(200);
  expect(heapInUse() - before).toBeLessThan(100e6);
  socket.destroy();
});
