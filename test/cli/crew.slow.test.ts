import { describe, expect, jest, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { Agent as Sockets, request } from 'node:http';
import { join } from 'node:path';
import { pino } from 'pino';
import { createKeys } from '../../src/auth/keys.js';
import { loadSettings } from '../../src/config/load.js';
import { createMailer } from '../../src/mail/mailer.js';
import { openStores } from '../../src/stores/open.js';
import { Agent } from '../support/agent.js';
import { said, serve } from '../support/command.js';
import { temporaryFolder } from '../support/gatehouse.js';
import { startMailServer } from '../support/mail-server.js';

jest.setTimeout(60_000);

const login = '/api/login/logins/auth';
const anew = { Connection: 'close' };

async function crewOf(count: number, folder = temporaryFolder(), env: Record<string, string> = {}) {
  const server = await serve(folder, { LOG_LEVEL: 'info', ...env }, ['--workers', String(count)]);
  const [, password] = await said(server, /password {2}(\S+)/);
  await said(server, new RegExp(`"started":${count}`));
  return { server, password: password! };
}

interface Told {
  status: number;
  /** the server wants no further request on this connection */
  last: boolean;
}

interface Asking {
  /** of the answers; the code of an error is a lost request */
  statuses: (number | string)[];
  done: Promise<void>;
}

/** One request after the other over one connection, until the server asks for no more on it. */
function keepAsking(ask: (sockets: Sockets) => Promise<Told>): Asking {
  const sockets = new Sockets({ keepAlive: true, maxSockets: 1 });
  const statuses: Asking['statuses'] = [];
  const run = async () => {
    for (let last = false; !last;) {
      const told = await ask(sockets).catch(({ code }: NodeJS.ErrnoException) => ({ status: code!, last: true }));
      statuses.push(told.status);
      last = told.last;
    }
    sockets.destroy();
  };
  return { statuses, done: run() };
}

function send(url: string, sockets: Sockets, body?: string): Promise<Told> {
  const headers = body ? { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } : {};
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: sockets, method: body ? 'POST' : 'GET', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode!, last: answer.headers.connection === 'close' }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('gatehouse serve --workers', () => {
  test('asked to end under load it answers every request on the connections it has, and ends within the drain time', async () => {
    const { server, password } = await crewOf(2);
    const body = JSON.stringify({ username: 'user', password });
    const answered = (worker: number) => new RegExp(`"worker":${worker},[^\\n]*"status":200`).test(server.output());
    const logins = Array.from({ length: 4 }, () => keepAsking((sockets) => send(server.url + login, sockets, body)));
    const asking = [...logins];
    for (; !answered(1) || !answered(2); await pause(20))
      asking.push(keepAsking((sockets) => send(`${server.url}/api/login/users/authenticated`, sockets)));
    while (asking.some(({ statuses }) => statuses.length === 0)) await pause(20);
    const begin = Date.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(Date.now() - begin).toBeLessThan(10_000);
    await Promise.all(asking.map(({ done }) => done));
    expect(new Set(asking.flatMap(({ statuses }) => statuses))).toEqual(new Set([200]));
  });

  test('a changed route file is served by every worker, without a restart', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'routes.yaml');
    const write = (word: string) =>
      writeFileSync(file, `hello: { path: /hello, handler: respond, text: ${word}, middleware: [] }\n`);
    write('before');
    const { server } = await crewOf(2, folder, { ROUTES_FILE: 'routes.yaml' });
    const agent = new Agent(server.url);
    expect((await agent.get('/hello', anew)).text).toBe('before');
    write('after');
    const reloaded = (worker: number) => said(server, new RegExp(`"worker":${worker}[^\\n]*routes reloaded`));
    await Promise.all([1, 2].map(reloaded));
    const { length } = server.output();
    const told = (worker: number) =>
      new RegExp(`"worker":${worker}[^\\n]*/hello[^\\n]*"status":200`).test(server.output().slice(length));
    const texts = new Set<string>();
    while (!told(1) || !told(2)) texts.add((await agent.get('/hello', anew)).text);
    expect(texts).toEqual(new Set(['after']));
    expect(await server.end('SIGTERM')).toBe(0);
  });

  test('of all workers one sends each mail', async () => {
    const post = await startMailServer();
    const folder = temporaryFolder();
    const env = { GATEHOUSE_SECRET: 'a secret of thirty-two characters', DATA_DIR: folder, SMTP_URL: post.url };
    const addresses = Array.from({ length: 40 }, (_, index) => `person${index}@example.org`);
    await leaveMails(folder, env, addresses);
    const { server } = await crewOf(3, folder, env);
    for (let rest = 30; rest > 0 && post.mails.length < addresses.length; rest -= 1) await pause(500);
    // longer than any worker leaves the outbox alone
    await pause(6000);
    expect(await server.end('SIGTERM')).toBe(0);
    await post.close();
    expect(post.mails).toHaveLength(addresses.length);
    expect(new Set(post.mails.map(({ to }) => to![0]!.address))).toEqual(new Set(addresses));
  });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** In the outbox, as a command leaves them. */
async function leaveMails(folder: string, env: Record<string, string>, addresses: string[]): Promise<void> {
  const settings = loadSettings({ env, cwd: folder });
  const stores = await openStores({ ...settings, clock: Date });
  const keys = createKeys([env.GATEHOUSE_SECRET!]);
  const mailer = createMailer({ settings, stores, keys, clock: Date, log: pino({ enabled: false }), sending: false });
  const user = { username: 'anna', firstName: 'Anna', lastName: '', name: '', language: 'en' };
  for (const to of addresses) await mailer.post({ template: 'test', to, user, values: {} });
  await mailer.close();
  await stores.close();
}
