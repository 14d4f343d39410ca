import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, get, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable, type Duplex } from 'node:stream';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { memoryHeld } from '../support/memory.js';
import { slowTest } from '../support/slow.js';

const login = `login: { path: /api/login/logins/auth, methods: POST, handler: login }`;
const backends: Server[] = [];

async function backend(
  listener: RequestListener,
  upgrade?: (request: IncomingMessage, socket: Duplex) => void,
): Promise<string> {
  const server = createServer(listener);
  if (upgrade) server.on('upgrade', upgrade);
  backends.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Tells what it was asked. */
const echo: RequestListener = (asked, answer) => {
  const chunks: Buffer[] = [];
  asked.on('data', (chunk: Buffer) => chunks.push(chunk));
  asked.on('end', () => {
    answer.setHeader('Set-Cookie', ['theirs=1; Path=/', 'fe_typo_user=planted; Path=/']);
    answer.setHeader('Content-Type', 'application/json');
    answer.end(
      JSON.stringify({
        method: asked.method,
        url: asked.url,
        headers: asked.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
};

function* chunks(size: number): Generator<Buffer> {
  for (let sent = 0; sent < size; sent += 1024 * 1024) yield Buffer.alloc(1024 * 1024);
}

/** Sends a path as it is written: fetch would tidy it up. */
function raw(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    get({ hostname, port, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode!, text }));
    }).on('error', reject);
  });
}

afterEach(() => {
  for (const server of backends.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('respond', () => {
  test('fills parameters into JSON, text and headers, each escaped as it must be', async () => {
    const gatehouse = await startTestGatehouse({
      routes: `
json: { path: '/json/{name}', handler: respond, status: 201, json: { hello: '{name}', list: ['{name}', 1] }, headers: { X-Name: '{name}' } }
text: { path: '/text/{name}', handler: respond, text: 'hello {name}' }
none: { path: '/none', handler: respond, status: 204 }`,
    });
    const odd = encodeURIComponent('a"b\r\nX-Evil: 1<');
    const json = await gatehouse.agent().get(`/json/${odd}`);
    expect(json).toMatchObject({ status: 201, json: { hello: 'a"b\r\nX-Evil: 1<', list: ['a"b\r\nX-Evil: 1<', 1] } });
    expect(json.headers.get('x-evil')).toBeNull();
    expect(json.headers.get('x-name')).toBe(odd);
    const text = await gatehouse.agent().get('/text/world');
    expect(text).toMatchObject({ status: 200, text: 'hello world' });
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await gatehouse.agent().get('/none')).toMatchObject({ status: 204, text: '' });
  });

  test('a parameter that the path does not have is a mistake with the right word', async () => {
    const routes = `a: { path: '/a/{name}', handler: respond, json: { x: '{nmae}' } }`;
    await expect(startTestGatehouse({ routes })).rejects.toThrow(
      /a\.json: there is no parameter "nmae" in the path, did you mean "name"\?/,
    );
  });
});

describe('redirect-to', () => {
  test('sends on, with parameters that can change neither host nor scheme', async () => {
    const gatehouse = await startTestGatehouse({
      routes: `
path: { path: '/old/{rest<.*>}', handler: redirect-to, to: '/{rest}' }
url: { path: '/u/{id}', handler: redirect-to, to: 'https://app.example/users/{id}?from={id}', status: 301 }`,
    });
    const location = async (path: string) => (await gatehouse.agent().get(path)).headers.get('location');
    expect(await location('/old/a/b')).toBe('/a%2Fb');
    expect(await location('/old//evil.example')).toBe('/%2Fevil.example');
    expect(await location('/u/a%3Fb%23c')).toBe('https://app.example/users/a%3Fb%23c?from=a%3Fb%23c');
    expect((await gatehouse.agent().get('/u/1')).status).toBe(301);
  });

  test.each([
    '//evil.example',
    'https://{host}/x',
    '{scheme}://app.example',
    'javascript:alert(1)',
    'https://app.example@evil.example',
  ])('the target %s is a mistake', async (to) => {
    const routes = `a: { path: '/{host}/{scheme}', handler: redirect-to, to: '${to}' }`;
    await expect(startTestGatehouse({ routes })).rejects.toThrow(/a\.to/);
  });
});

describe('verify', () => {
  test('answers 204 with who it is, or 401 also to a browser', async () => {
    const gatehouse = await startTestGatehouse({
      routes: `${login}\nverify: { path: /verify, handler: verify }`,
      config: { redirects: { loginPage: '/login' } },
    });
    const { id } = await gatehouse.addUser({ username: 'Zoë, 100%' });
    // as imported: nobody can enter a group with a comma here
    await gatehouse.services.stores.users.update(id, { groups: ['editors', 'a,b'] });
    const answer = await (await gatehouse.loggedIn('Zoë, 100%')).get('/verify');
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(answer.headers.get('x-user-id')).toBe('1');
    expect(answer.headers.get('x-user-name')).toBe('Zo%C3%AB, 100%25');
    expect(answer.headers.get('x-user-groups')).toBe('editors,a%2Cb');
    expect((await gatehouse.agent().get('/verify', { Accept: 'text/html' })).status).toBe(401);
  });
});

describe('static', () => {
  async function served() {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'site', 'sub'), { recursive: true });
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    writeFileSync(join(folder, 'site', 'index.html'), '<h1>home</h1>');
    writeFileSync(join(folder, 'site', 'app.js'), 'let x;');
    writeFileSync(join(folder, 'site', '.env'), 'SECRET=1');
    symlinkSync(join(folder, 'secret.txt'), join(folder, 'site', 'link.txt'));
    return startTestGatehouse({
      routes: `files: { path: '/files/{file<.*>}', handler: static, dir: ${join(folder, 'site')} }`,
    });
  }

  test('serves files with their type, answers 304 to who has them, and a folder’s index.html', async () => {
    const gatehouse = await served();
    const script = await gatehouse.agent().get('/files/app.js');
    expect(script).toMatchObject({ status: 200, text: 'let x;' });
    expect(script.headers.get('content-type')).toMatch(/javascript/);
    const known = { 'If-None-Match': script.headers.get('etag')! };
    expect(await raw(gatehouse.url, '/files/app.js', known)).toEqual({ status: 304, text: '' });
    expect((await gatehouse.agent().call('/files/app.js', { method: 'HEAD' })).headers.get('content-length')).toBe('6');
    expect((await gatehouse.agent().get('/files/')).text).toBe('<h1>home</h1>');
  });

  // (ASVS 13.4.1)
  test.each([
    '/files/../secret.txt',
    '/files/..%2Fsecret.txt',
    '/files/%2e%2e/secret.txt',
    '/files/.env',
    '/files/link.txt',
    '/files/sub',
    '/files/nothing',
    '/files//etc/passwd',
    '/files/..%5Csecret.txt',
  ])('%s is not found', async (path) => {
    const gatehouse = await served();
    const answer = await raw(gatehouse.url, path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.text).not.toMatch(/secret|SECRET|root:/);
  });
});

describe('proxy', () => {
  const routes = (upstream: string, more = '') => `${login}
articles: { path: '/articles/{rest<.*>}', methods: [GET, POST, PUT, DELETE], handler: proxy, upstream: '${upstream}', middleware: [auth]${more} }
open: { path: '/open/{rest<.*>}', methods: [GET, POST], handler: proxy, upstream: '${upstream}/base', strip: /open, timeout: 1 }`;

  // (ASVS 4.1.3)
  test('forwards method, path, query and body, says who is there, and keeps our cookies to itself', async () => {
    const gatehouse = await startTestGatehouse({ routes: routes(await backend(echo)) });
    await gatehouse.addUser({ groups: ['editors'] });
    const agent = await gatehouse.loggedIn();
    agent.cookies.set('theirs', 'kept');
    const answer = await agent.post('/articles/a%2Fb?x=1&x=2', 'body', {
      'X-User-Id': '0',
      X_User_Id: '0',
      'X-USER-NAME': 'root',
      'Content-Type': 'text/plain',
    });
    const seen = answer.json as { method: string; url: string; body: string; headers: Record<string, string> };
    expect(seen).toMatchObject({ method: 'POST', url: '/articles/a%2Fb?x=1&x=2', body: 'body' });
    expect(seen.headers).toMatchObject({
      'x-user-id': '1',
      'x-user-name': 'user',
      'x-user-groups': 'editors',
      'content-type': 'text/plain',
    });
    expect(seen.headers).not.toHaveProperty('x_user_id');
    expect(seen.headers.cookie).toContain('theirs=kept');
    expect(seen.headers.cookie).not.toMatch(/fe_typo_user|gatehouse_device/);
    const cookies = answer.headers.getSetCookie().join('\n');
    expect(cookies).toContain('theirs=1');
    expect(cookies).not.toContain('planted');
  });

  // (ASVS 8.3.1)
  test('refuses strangers where a route wants a login, and forges nobody where it does not', async () => {
    const gatehouse = await startTestGatehouse({ routes: routes(await backend(echo)) });
    expect((await gatehouse.agent().get('/articles/1')).status).toBe(401);
    const answer = await raw(gatehouse.url, '/open/x', { 'X-User-Id': '1', Connection: 'X-Hop, close', 'X-Hop': '1' });
    const seen = JSON.parse(answer.text) as { url: string; headers: object };
    expect(seen.headers).not.toHaveProperty('x-hop');
    expect(seen.url).toBe('/base/x');
    expect(seen.headers).not.toHaveProperty('x-user-id');
  });

  test.each(['/open/../admin', '/open/%2e%2e/admin', '/open/a/..%2fadmin', '/open/a\\..\\admin', '/open/%00'])(
    'the climbing path %s is refused',
    async (path) => {
      const gatehouse = await startTestGatehouse({ routes: routes(await backend(echo)) });
      expect((await raw(gatehouse.url, path)).status).toBe(400);
    },
  );

  test('a backend that is not there, hangs, or answers garbage is 502 or 504', async () => {
    const nobody = await startTestGatehouse({ routes: routes('http://127.0.0.1:1') });
    expect(await nobody.agent().get('/open/x')).toMatchObject({ status: 502, json: { error: 'Bad gateway.' } });
    const hanging = await startTestGatehouse({ routes: routes(await backend(() => {})) });
    expect(await hanging.agent().get('/open/x')).toMatchObject({ status: 504, json: { error: 'Gateway timeout.' } });
    const garbage = await startTestGatehouse({
      routes: routes(await backend((asked) => void asked.socket.end('garbage\r\n\r\n'))),
    });
    expect((await garbage.agent().get('/open/x')).status).toBe(502);
  });

  slowTest('streams both ways without keeping what passes', async () => {
    const size = 64 * 1024 * 1024;
    const url = await backend((asked, answer) => {
      let received = 0;
      asked.on('data', (chunk: Buffer) => (received += chunk.length));
      asked.on('end', () => {
        answer.setHeader('X-Received', String(received));
        Readable.from(chunks(size)).pipe(answer);
      });
    });
    const gatehouse = await startTestGatehouse({ routes: routes(url) });
    const before = memoryHeld().arrayBuffers;
    const call = request(`${gatehouse.url}/open/x`, { method: 'POST' });
    Readable.from(chunks(size)).pipe(call);
    const answer = await new Promise<IncomingMessage>((resolve) => call.on('response', resolve));
    let got = 0;
    let most = 0;
    let next = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      got += chunk.length;
      if (got < next) continue;
      next += size / 16;
      most = Math.max(most, memoryHeld().arrayBuffers - before);
    }
    expect([answer.headers['x-received'], got]).toEqual([String(size), size]);
    expect(most).toBeLessThan(size);
  });

  test('hands a WebSocket over to the backend once the guards let it through, never to another site’s page', async () => {
    const url = await backend(echo, (asked, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.write(`hello ${String(asked.headers['x-user-name'])};`);
      socket.pipe(socket);
    });
    const gatehouse = await startTestGatehouse({ routes: routes(url) });
    await gatehouse.addUser();
    const cookie = `fe_typo_user=${(await gatehouse.loggedIn()).cookies.get('fe_typo_user')}`;
    const open = (headers: Record<string, string>) =>
      new Promise<{ status?: number; text?: string }>((resolve) => {
        const call = request(`${gatehouse.url}/articles/socket`, {
          headers: { Connection: 'Upgrade', Upgrade: 'websocket', ...headers },
        });
        call.on('response', (answer) => resolve({ status: answer.resume().statusCode! }));
        call.on('upgrade', (_answer, socket, head) => {
          let text = head.toString();
          socket.write('ping');
          socket.on('data', (chunk: Buffer) => {
            text += chunk.toString();
            if (text.endsWith('ping')) {
              socket.destroy();
              resolve({ text });
            }
          });
        });
        call.end();
      });
    expect(await open({ Cookie: cookie })).toEqual({ text: 'hello user;ping' });
    expect(await open({})).toEqual({ status: 401 });
    expect(await open({ Cookie: cookie, Origin: 'https://evil.example' })).toEqual({ status: 403 });
  });

  // (ASVS 13.2.4)
  test('reaches only the hosts of routes.proxyHosts, where there is such a list', async () => {
    const config = { routes: { proxyHosts: ['backend.example'] } };
    await expect(startTestGatehouse({ routes: routes('http://127.0.0.1:1'), config })).rejects.toThrow(
      /"127\.0\.0\.1:1" is not in routes\.proxyHosts/,
    );
  });

  test.each(['http://{rest}/x', 'ftp://backend/', 'http://user@host/', '/path'])(
    'the upstream %s is a mistake',
    async (upstream) => {
      await expect(startTestGatehouse({ routes: routes(upstream) })).rejects.toThrow(/upstream/);
    },
  );
});
