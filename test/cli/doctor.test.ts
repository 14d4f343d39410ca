import { afterEach, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { compareClocks } from '../../src/cli/doctor/clocks.js';
import { doctor } from '../support/doctor.js';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';
import { runHere } from '../support/run-here.js';

const opened: (Server | MailServer)[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await server.close();
  }
});

/** A program that is not ours, or a proxy in front. */
async function answering(handle: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handle!);
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return String((server.address() as AddressInfo).port);
}

const live = (headers: Record<string, string>) =>
  answering((_request, response) => {
    response.writeHead(200, { 'X-Request-Id': 'a', ...headers }).end('{"status":"ok"}');
  });

describe('gatehouse doctor', () => {
  test('finds nothing wrong with a server as it is shipped, in words for people and for scripts', async () => {
    const port = String((await startTestGatehouse()).address().port);
    const env = { PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` };
    const examined = await doctor(env);
    expect([examined.code, examined.state]).toEqual([0, 'ok']);
    expect(examined.of('address')).toEqual([`ok: The server answers on http://127.0.0.1:${port}.`]);
    expect(examined.of('cookies')).toEqual(['ok: Browsers keep fe_typo_user (SameSite=lax).']);
    const { code, stdout, stderr } = await runHere(['doctor'], { ...env, DATA_DIR: temporaryFolder() });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ok {7}routes {8}\S+routes\.yaml has \d+ routes without a mistake\.$/m);
  });

  test('says how many problems there are, and ends with 1', async () => {
    const env = { PORT: '0', PUBLIC_URL: 'http://localhost:1', DATA_DIR: temporaryFolder() };
    const { code, stderr } = await runHere(['doctor'], { ...env, SMTP_URL: 'smtp://127.0.0.1:1' });
    expect([code, stderr]).toEqual([1, '1 problem, 1 warning.\n']);
  });

  test('ends with 78 for mistakes in the configuration and in the routes', async () => {
    const settings = await doctor({}, { session: { cookie: { sameSite: 'none' } } });
    expect(settings.code).toBe(78);
    expect(settings.of('configuration')[0]).toContain('session.cookie.sameSite: none needs an https publicUrl');
    const file = join(temporaryFolder(), 'routes.yaml');
    writeFileSync(file, 'a: { path: /a, handler: logn }\n');
    const routes = await doctor({ ROUTES_FILE: file });
    expect(routes.code).toBe(78);
    expect(routes.of('routes')[0]).toMatch(/^problem: .*routes.yaml:1:25 a.handler: unknown handler "logn"/);
  });
});

describe('cookies that will not stick', () => {
  test('PUBLIC_URL says https and the server is reached without TLS', async () => {
    const port = String((await startTestGatehouse()).address().port);
    const { code, of } = await doctor({ PORT: port, PUBLIC_URL: `https://127.0.0.1:${port}` });
    expect(code).toBe(1);
    expect(of('cookies')).toEqual([
      `problem: PUBLIC_URL says https, but the server is reached as http://127.0.0.1:${port}: browsers keep no Secure cookie from there. Put a TLS proxy in front, or write http in PUBLIC_URL.`,
    ]);
  });

  test('PUBLIC_URL says http and the proxy sends everybody to https', async () => {
    const port = await answering((_request, response) => {
      response.writeHead(301, { Location: 'https://login.example/health/live' }).end();
    });
    const { of } = await doctor({ PUBLIC_URL: `http://localhost:${port}` });
    expect(of('cookies')[0]).toContain('that address sends everybody to https://login.example.');
  });

  test.each([
    ['localhost and 127.0.0.1 are mixed up', { redirects: { afterLogin: '/', origins: ['http://127.0.0.1:5173'] } }],
    ['localhost and 127.0.0.1 are mixed up', { cors: { origins: ['http://127.0.0.1:5173'], credentials: true } }],
  ])('%s', async (_what, config) => {
    expect((await doctor({}, config)).of('cookies').join()).toContain(
      'a cookie of localhost is not sent to 127.0.0.1. Write localhost everywhere, in the browser as well.',
    );
  });

  test('its domain is one that browsers refuse', async () => {
    const config = { session: { cookie: { domain: 'localhost' } } };
    expect((await doctor({}, config)).of('cookies')[0]).toContain('Browsers refuse a cookie for all of "localhost".');
  });

  test('pages of another site ask, and the cookie is for the same site only', async () => {
    const at = (origin: string) => doctor({}, { cors: { origins: [origin], credentials: true } });
    expect((await at('https://app.example')).of('cookies')[0]).toMatch(
      /^problem: Pages of https:\/\/app\.example are of/,
    );
    expect((await at('http://localhost:5173')).of('cookies')[0]).toMatch(/^ok/);
    const muted = await doctor({}, { cors: { origins: ['http://localhost:5173'] } });
    expect(muted.of('cookies')[0]).toMatch(/^warning: .* cors\.credentials is false\./);
  });
});

describe('proxies that are not trusted', () => {
  test('https without any, and networks that anybody can be in', async () => {
    const trusting = async (...trustedProxies: string[]) =>
      (await doctor({ PUBLIC_URL: 'https://localhost:1' }, { http: { trustedProxies } })).of('proxies')[0];
    expect(await trusting()).toMatch(/^problem: PUBLIC_URL is https, so there is a proxy/);
    expect(await trusting('0.0.0.0/0')).toMatch(/^problem: .*every client can invent its address/);
    expect(await trusting('10.0.0.0/8', '8.8.0.0/16')).toMatch(/^warning: .*8\.8\.0\.0\/16, a large network/);
    expect(await trusting('10.0.0.0/8', '8.8.8.8')).toBe('ok: X-Forwarded-For is believed from 10.0.0.0/8, 8.8.8.8.');
  });

  test('the running server saw forwarded addresses that it did not believe', async () => {
    const token = 'a token of the operator';
    const config = { metrics: { enabled: true, token } };
    const gatehouse = await startTestGatehouse({ config });
    const port = String(gatehouse.address().port);
    const ask = () => doctor({ PORT: port, PUBLIC_URL: gatehouse.url }, config);
    expect((await ask()).of('proxies')).toEqual(['ok: No proxy is believed; none is needed.']);
    await gatehouse.agent().get('/api/ping', { 'X-Forwarded-For': '203.0.113.9' });
    expect((await ask()).of('proxies')[0]).toMatch(/^problem: 1 request came with X-Forwarded-For from somebody/);
  });
});

describe('the address', () => {
  test('is taken by another program, or leads to one', async () => {
    const port = await answering((_request, response) => void response.writeHead(404).end('<h1>Not here</h1>'));
    const { code, of } = await doctor({ PORT: port, PUBLIC_URL: `http://localhost:${port}/login` });
    expect(code).toBe(1);
    expect(of('address')[0]).toMatch(/^problem: .* is taken by another program \(it answered 404\)\./);
  });

  test('leads nowhere while the server runs', async () => {
    const port = String((await startTestGatehouse()).address().port);
    const { of } = await doctor({ PORT: port });
    expect(of('address')).toEqual([
      `ok: The server answers on http://127.0.0.1:${port}.`,
      expect.stringMatching(/^problem: http:\/\/localhost:1 \(PUBLIC_URL\) cannot be reached/),
    ]);
  });
});

describe('clocks', () => {
  test('the Date of PUBLIC_URL is an hour behind', async () => {
    const port = await live({ Date: new Date(Date.now() - 3_600_000).toUTCString() });
    const { of } = await doctor({ PUBLIC_URL: `http://127.0.0.1:${port}` });
    expect(of('clocks')[0]).toMatch(
      /^problem: The clock of http:\S+ is 3(599|600|601) seconds behind this machine's\./,
    );
  });

  test('those of database and Redis count as well', () => {
    const around = { world: { url: 'http://a', clockAhead: 900 } } as never;
    const findings = compareClocks({
      database: { clockAhead: 10_000 } as never,
      redis: { clockAhead: -90_000 } as never,
      around,
    });
    expect(findings.map(({ state, message }) => `${state}: ${message}`)).toEqual([
      "warning: The clock of the database is 10 seconds ahead of this machine's.",
      "problem: The clock of Redis is 90 seconds behind this machine's.",
    ]);
  });
});

describe('the embedded database', () => {
  const databaseIn = async () => {
    const DATA_DIR = temporaryFolder();
    await runHere(['migrate'], { DATA_DIR });
    return { DATA_DIR, file: join(DATA_DIR, 'gatehouse.sqlite') };
  };

  test('is fine, with its version', async () => {
    const { DATA_DIR } = await databaseIn();
    expect((await doctor({ DATA_DIR })).of('database')[0]).toMatch(
      /^ok: SQLite 3\.\d+\.\d+ answers in \d+ ms, lets us change the schema and write, and is up to date\.$/,
    );
  });

  test('can be opened by other users of the machine', async () => {
    const { DATA_DIR, file } = await databaseIn();
    chmodSync(file, 0o644);
    expect((await doctor({ DATA_DIR })).of('database')[0]).toContain(
      `can open ${file} (644), which holds password hashes`,
    );
  });

  test('is not one', async () => {
    const { DATA_DIR, file } = await databaseIn();
    writeFileSync(file, 'not a database '.repeat(1000));
    const { code, of } = await doctor({ DATA_DIR });
    expect(code).toBe(78);
    expect(of('database')[0]).toContain('is not an SQLite database, or it is damaged');
  });
});

describe('mail', () => {
  const people: Record<string, string> = { gate: 'open sesame' };
  const greeting = async (options: object = {}) => {
    const server = await startMailServer({
      authOptional: false,
      onAuth: ({ username = '', password }, _session, answer) =>
        people[username] === password ? answer(null, { user: username }) : answer(new Error('Invalid login')),
      ...options,
    });
    opened.push(server);
    return server;
  };

  test('the server greets, speaks TLS and takes the login, and nothing is sent', async () => {
    const { port, mails } = await greeting();
    const { of } = await doctor({ SMTP_URL: `smtp://gate:open%20sesame@127.0.0.1:${port}` });
    expect(of('mail')).toEqual([`ok: 127.0.0.1:${port} greets with TLS and takes the login.`]);
    expect(mails).toEqual([]);
  });

  test('the server refuses the password, which is not repeated', async () => {
    const { port } = await greeting();
    const { code, of } = await doctor({ SMTP_URL: `smtp://gate:closed%20sesame@127.0.0.1:${port}` });
    expect(code).toBe(1);
    expect(of('mail')[0]).toMatch(/^problem: The mail server .* refuses us: .*Correct user and password in SMTP_URL/);
    expect(of('mail')[0]).not.toContain('sesame');
  });

  test('the server is not there, or speaks TLS otherwise', async () => {
    expect((await doctor({ SMTP_URL: 'smtp://127.0.0.1:1' })).of('mail')[0]).toContain(
      'Correct host and port in SMTP_URL.',
    );
    const { port } = await greeting();
    const { of } = await doctor({ SMTP_URL: `smtps://127.0.0.1:${port}` });
    expect(of('mail')[0]).toContain('Port 465 is smtps://, port 587 is smtp:// with STARTTLS.');
  });

  test('in production mails must reach people', async () => {
    const production = { NODE_ENV: 'production', PUBLIC_URL: 'http://localhost:1' };
    expect((await doctor(production)).of('mail')[0]).toMatch(/^problem: There is no SMTP_URL/);
    const { port } = await greeting();
    const { of } = await doctor({ ...production, SMTP_URL: `smtp://gate:open%20sesame@127.0.0.1:${port}` });
    expect(of('mail')[1]).toBe('problem: The sender is no-reply@localhost, which mail servers refuse. Set MAIL_FROM.');
  });
});

describe('the secret', () => {
  test.each([
    ['x'.repeat(40), 'problem: GATEHOUSE_SECRET repeats few characters'],
    ['0123456789abcdefghij', 'warning: GATEHOUSE_SECRET has 20 characters, 32 are wanted.'],
    ['too short', 'problem: GATEHOUSE_SECRET has only 9 characters.'],
    ['0123456789abcdefghijklmnopqrstuvw,old', 'problem: Secret 2 of GATEHOUSE_SECRET has only 3 characters.'],
    ['0123456789abcdefghijklmnopqrstuvw', 'ok: GATEHOUSE_SECRET is set.'],
  ])('%s', async (secret, said) => {
    const [first] = (await doctor({ GATEHOUSE_SECRET: secret })).of('secret');
    expect(first).toContain(said);
    expect(first).not.toContain(secret);
  });

  test('that is kept in the data folder is for its owner only', async () => {
    const DATA_DIR = temporaryFolder();
    mkdirSync(DATA_DIR, { recursive: true });
    writeFileSync(join(DATA_DIR, 'secret'), `${'0123456789'.repeat(5)}\n`, { mode: 0o600 });
    expect((await doctor({ DATA_DIR })).of('secret')).toEqual([`ok: ${DATA_DIR}/secret is for its owner only.`]);
    chmodSync(join(DATA_DIR, 'secret'), 0o640);
    expect((await doctor({ DATA_DIR })).of('secret')[0]).toMatch(/^problem: Other users .* \(640\)\. chmod 600/);
  });
});
