import { describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import { connect } from 'node:net';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';

const path = '/api/login/logins/auth';
const credentials = { username: 'user', password: rightPassword };

/** What the server says to these very bytes. */
function spoken(gatehouse: TestGatehouse, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(gatehouse.address().port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

describe('paths and methods', () => {
  test('an unknown path is 404, and so is a trailing slash or another case', async () => {
    const gatehouse = await startTestGatehouse();
    const agent = gatehouse.agent();
    for (const unknown of ['/nowhere', '/api/ping/', '/API/PING']) {
      expect(await agent.get(unknown)).toMatchObject({ status: 404, text: '{"error":"Not found."}' });
    }
  });

  test('a wrong method is 405 with Allow, OPTIONS is 204 with Allow, HEAD comes with GET', async () => {
    const gatehouse = await startTestGatehouse();
    const agent = gatehouse.agent();
    const wrong = await agent.get(path);
    expect(wrong).toMatchObject({ status: 405, text: '{"error":"Method not allowed."}' });
    expect(wrong.headers.get('allow')).toBe('POST, OPTIONS');
    const options = await agent.call('/api/login/users/authenticated', { method: 'OPTIONS' });
    expect(options).toMatchObject({ status: 204, text: '' });
    expect(options.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    const head = await agent.call('/api/login/users/authenticated', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers.get('content-length')).toBe('23');
  });

  // (ASVS 4.1.4, 13.4.4)
  test('TRACE and whatever else nobody declared is 405, and sends nothing back', async () => {
    const gatehouse = await startTestGatehouse();
    for (const method of ['TRACE', 'PROPFIND', 'DELETE'])
      for (const target of [path, '/login', '/user/login']) {
        const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\nCookie: canary=1\r\nConnection: close\r\n\r\n`;
        const answer = await spoken(gatehouse, head);
        expect([method, target, answer.slice(0, 13)]).toEqual([method, target, 'HTTP/1.1 405 ']);
        expect(answer).not.toContain('canary');
      }
  });

  test.each(['/health/live', '/health/ready'])('%s is for reading', async (health) => {
    const agent = (await startTestGatehouse()).agent();
    expect((await agent.get(health)).status).toBe(200);
    expect((await agent.call(health, { method: 'HEAD' })).status).toBe(200);
    const wrong = await agent.post(health, {});
    expect(wrong).toMatchObject({ status: 405, text: '{"error":"Method not allowed."}' });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
  });

  test('a home page whose pages are not served is not found, rather than a way to nowhere', async () => {
    const routes = 'home: { path: /, handler: home-page }\nlink: { path: "/o/{hash}", handler: one-time-account }';
    const answer = await (await startTestGatehouse({ routes })).agent().get('/');
    expect([answer.status, answer.headers.get('location')]).toEqual([404, null]);
  });

  test('a malformed escape or a NUL in the path is 400', async () => {
    const gatehouse = await startTestGatehouse({ routes: 'p: { path: "/p/{x}", handler: ping }' });
    for (const odd of ['/p/%zz', '/p/%00', '/p/%c3%28']) expect((await gatehouse.agent().get(odd)).status).toBe(400);
    expect((await gatehouse.agent().get('/p/a%2Fb')).status).toBe(200);
  });
});

describe('requests of other sites', () => {
  // (ASVS 3.5.1, 3.5.2)
  test.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ Origin: 'https://evil.example' }, 403],
    [{ Origin: 'null' }, 403],
    [{ Origin: 'http://localhost:3000' }, 200],
    [{ Origin: 'http://127.0.0.1:3000' }, 200],
    [{ Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' }, 200],
    [{ 'Sec-Fetch-Site': 'same-origin' }, 200],
    [{}, 200],
  ])('a login with %j is answered %i', async (headers, status) => {
    const gatehouse = await startTestGatehouse({ config: { cors: { origins: ['https://app.example'] } } });
    await gatehouse.addUser();
    const answer = await gatehouse.agent().post(path, JSON.stringify(credentials), {
      'Content-Type': 'text/plain',
      ...(headers as Record<string, string>),
    });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json).toMatchObject({ error: 'Cross-site request refused.' });
  });

  test('in production localhost and 127.0.0.1 are two places', async () => {
    const gatehouse = await startTestGatehouse({
      env: { NODE_ENV: 'production', PUBLIC_URL: 'https://localhost' },
      config: { accounts: { conceal: false }, password: { cost: 10 } },
    });
    expect((await gatehouse.agent().post(path, credentials, { Origin: 'https://127.0.0.1' })).status).toBe(403);
  });

  // (ASVS 3.4.2)
  test('a listed origin gets exact CORS headers and preflights, another one gets none', async () => {
    const gatehouse = await startTestGatehouse({
      config: { cors: { origins: ['https://app.example'], credentials: true } },
    });
    const preflight = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' };
    const listed = await gatehouse
      .agent()
      .call(path, { method: 'OPTIONS', headers: { Origin: 'https://app.example', ...preflight } });
    expect(listed.status).toBe(204);
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(listed.headers.get('access-control-allow-credentials')).toBe('true');
    expect(listed.headers.get('vary')).toContain('Origin');
    const refused = await gatehouse.agent().post(path, {}, { Origin: 'https://app.example' });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(refused.headers.get('access-control-expose-headers')).toContain('X-CSRF-Token');
    const other = await gatehouse
      .agent()
      .call(path, { method: 'OPTIONS', headers: { Origin: 'https://evil.example', ...preflight } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('every answer', () => {
  // (ASVS 3.2.1, 3.4.4, 3.4.5, 3.4.6, 4.1.1, 13.4.6)
  test('carries the security headers and no word about what serves it', async () => {
    const gatehouse = await startTestGatehouse();
    for (const where of ['/api/ping', '/nowhere', '/health/live']) {
      const { headers } = await gatehouse.agent().get(where);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    }
  });

  // (ASVS 3.5.8)
  test('to somebody in particular stands in no page of another site, unless its cookie goes there too', async () => {
    const policy = async (path: string, config = {}, env = {}) => {
      const gatehouse = await startTestGatehouse({ config, env });
      return (await gatehouse.agent().get(path)).headers.get('cross-origin-resource-policy');
    };
    expect(await policy('/api/login/users/current')).toBe('same-site');
    expect(await policy('/login')).toBe('same-origin');
    expect(await policy('/api/ping')).toBeNull();
    const everywhere = { session: { cookie: { sameSite: 'none' } } };
    expect(await policy('/api/login/users/current', everywhere, { PUBLIC_URL: 'https://login.example' })).toBeNull();
  });

  // (ASVS 3.5.6)
  test('is JSON whatever the query says: no callback makes a script of it', async () => {
    const gatehouse = await startTestGatehouse();
    const answer = await gatehouse.agent().get('/api/ping?callback=alert&jsonp=alert&_jsonp=alert');
    expect(answer).toMatchObject({ status: 200, text: '{"status":"pong"}' });
  });

  // (ASVS 16.2.4)
  test('is one line in the log, with the request’s id and without anything secret', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const answer = await gatehouse.agent().post(`${path}?secret=in-the-query`, credentials);
    const lines = gatehouse.logged.filter(({ msg }) => msg === 'request');
    expect(lines).toMatchObject([
      { method: 'POST', path, route: 'login_logins-auth', status: 200, requestId: answer.headers.get('x-request-id') },
    ]);
    expect(JSON.stringify(gatehouse.logged)).not.toMatch(new RegExp(`${rightPassword}|in-the-query|fe_typo_user=`));
  });
});

// (ASVS 16.3.4, 16.5.1, 16.5.4)
test('a bug of ours is a 500 that tells its request id and nothing else; the story is in the log', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  gatehouse.services.stores.users.findById = () => Promise.reject(new TypeError('the inside story'));
  const answer = await agent.get('/api/login/users/current');
  expect(answer).toMatchObject({
    status: 500,
    json: { error: 'Internal error.', requestId: answer.headers.get('x-request-id') },
  });
  expect(answer.text).not.toContain('story');
  expect(JSON.stringify(gatehouse.logged)).toContain('the inside story');
});

describe('health', () => {
  test('/health/live and /health/ready answer while all is well', async () => {
    const gatehouse = await startTestGatehouse();
    expect(await gatehouse.agent().get('/health/live')).toMatchObject({ status: 200, json: { status: 'ok' } });
    expect(await gatehouse.agent().get('/health/ready')).toMatchObject({
      status: 200,
      json: { status: 'ok', checks: { database: 'ok' } },
    });
  });

  test('without its database the server is alive, but not ready', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    await gatehouse.services.stores.close();
    expect((await gatehouse.agent().get('/health/live')).status).toBe(200);
    expect((await gatehouse.agent().get('/health/ready')).status).toBe(503);
  });
});

const twoReadings = [
  ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'Content-Length: 4\r\nContent-Length: 0\r\n\r\n'],
  ['a length with a sign', 'Content-Length: +4\r\n\r\n'],
  ['an encoding nobody knows', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['chunks that are not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
  ['a blank before the colon', 'Content-Length : 4\r\n\r\n'],
  ['a header that goes on in the next line', 'X-Folded: a\r\n b: c\r\n\r\n'],
  ['a control character in a header', 'User-Agent: a\u001b[31mb\r\n\r\n'],
  ['a bare line feed in a header', 'User-Agent: a\nX-Smuggled: 1\r\n\r\n'],
] as const;

describe('clients that misbehave', () => {
  // (ASVS 4.2.1)
  test('a request that could be read in two ways is refused', async () => {
    const gatehouse = await startTestGatehouse();
    const smuggled = 'GET /api/ping HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const [what, rest] of twoReadings) {
      const answer = await spoken(gatehouse, `POST /api/ping HTTP/1.1\r\nHost: x\r\n${rest}${smuggled}`);
      expect([what, answer.slice(0, 13)]).toEqual([what, 'HTTP/1.1 400 ']);
      expect(answer).not.toContain('pong');
    }
  });

  // (ASVS 15.3.6)
  test('`__proto__` is a name like any other, in JSON, in forms and in queries', async () => {
    const gatehouse = await startTestGatehouse({
      routes:
        'p: { path: /p, methods: [GET, POST], handler: respond, json: ok, body: { properties: { a: { type: string } } } }',
    });
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const agent = gatehouse.agent();
    const answers = [
      await agent.post('/p', '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'),
      await agent.post('/p', '__proto__[admin]=1&__proto__=1&constructor.prototype.admin=1', form),
      await agent.get('/p?__proto__[admin]=1&__proto__=1&constructor[prototype][admin]=1'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  // (ASVS 4.2.5)
  test('a flood of headers is refused by 431', async () => {
    const gatehouse = await startTestGatehouse();
    const answer = await fetch(`${gatehouse.url}/api/ping`, { headers: { 'X-Large': 'x'.repeat(40_000) } });
    expect(answer.status).toBe(431);
    expect((await gatehouse.agent().get('/api/ping')).status).toBe(200);
  });

  test('headers that never end are cut off by the time-out', async () => {
    const gatehouse = await startTestGatehouse({
      config: { http: { headersTimeoutSeconds: 1, requestTimeoutSeconds: 1 } },
    });
    const { port } = gatehouse.address();
    const ended = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /api/ping HTTP/1.1\r\nHost: x\r\nX-Slow: '));
      socket.on('data', () => {});
      socket.on('error', () => {});
      socket.on('close', () => resolve(true));
    });
    expect(ended).toBe(true);
  });

  test('a body that is cut off costs nothing and counts as no attempt', async () => {
    const gatehouse = await startTestGatehouse();
    await new Promise((resolve) => {
      const call = request(gatehouse.url + path, { method: 'POST', headers: { 'Content-Length': '100' } });
      call.on('error', resolve);
      call.write('{"username":"user"');
      setTimeout(() => call.destroy(), 50);
    });
    expect((await gatehouse.agent().post(path, { username: 'a', password: 'b' })).headers.get('ratelimit')).toMatch(
      /;r=49;/,
    );
  });
});
