import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { loadSettings } from '../../src/config/load.js';
import { replyClass, type Reply } from '../../src/http/reply.js';
import { temporaryFolder } from '../support/gatehouse.js';

/** A server that answers each path with itself; `written` = what it hands to its sockets, and how. */
async function echo(prepare?: (reply: Reply) => void) {
  const cwd = temporaryFolder();
  const settings = loadSettings({ env: { NODE_ENV: 'test', DATA_DIR: cwd }, cwd });
  const server = createServer({ ServerResponse: replyClass(settings) }, (request, response) => {
    const reply = response as Reply;
    reply.statusCode = 200;
    prepare?.(reply);
    reply.sendWhole(decodeURIComponent(request.url!.slice(1)));
  });
  const written: string[] = [];
  server.on('connection', (socket: Socket) => {
    const one = socket['_write'].bind(socket);
    const many = socket['_writev']!.bind(socket);
    socket['_write'] = (...call) => {
      written.push('one');
      one(...call);
    };
    socket['_writev'] = (...call) => {
      written.push('many');
      many(...call);
    };
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (...paths: string[]): Promise<string> => {
    const close = (at: number) => (at === paths.length - 1 ? 'Connection: close\r\n' : '');
    const socket = connect(port, '127.0.0.1');
    socket.write(paths.map((path, at) => `GET /${path} HTTP/1.1\r\nHost: x\r\n${close(at)}\r\n`).join(''));
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    await once(socket, 'close');
    return text;
  };
  /** on a connection that stays open */
  const askOnce = async (path: string, method = 'GET'): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${method} /${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [data] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return data.toString();
  };
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { ask, askOnce, written, stop };
}

const bodies = (text: string): string[] => text.split(/HTTP\/1\.1 200 OK\r\n[\s\S]*?\r\n\r\n/).slice(1);

test('an answer goes to the socket in one write, its length told', async () => {
  const { askOnce, written, stop } = await echo();
  const text = await askOnce('abc');
  stop();
  expect(bodies(text)).toEqual(['abc']);
  expect(text).toContain('\r\nContent-Length: 3\r\n');
  expect(text).not.toContain('Transfer-Encoding');
  expect(written).toEqual(['one']);
});

/** Status line and headers in any order, but for the time. */
const head = (text: string): string[] =>
  text
    .slice(0, text.indexOf('\r\n\r\n'))
    .replace(/Date: .*/, 'Date: now')
    .split('\r\n')
    .sort();

test('the head is the one that Node writes, which is asked where somebody else watches or changes it', async () => {
  const short = await echo((reply) => reply.put('Cache-Control', 'no-store'));
  let seen = 0;
  const watched = await echo((reply) => {
    reply.put('Cache-Control', 'no-store');
    const { writeHead } = reply;
    reply.writeHead = (...call: unknown[]) => {
      seen += 1;
      return (writeHead as (...call: unknown[]) => Reply).apply(reply, call);
    };
  });
  const [ours, nodes] = await Promise.all([short.askOnce('abc'), watched.askOnce('abc')]);
  short.stop();
  watched.stop();
  expect(seen).toBe(1);
  expect(head(ours)).toEqual(head(nodes));
  expect(ours).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
});

test('a header that every answer carries can be changed and taken away', async () => {
  const { askOnce, stop } = await echo((reply) => {
    reply.put('Referrer-Policy', 'same-origin');
    reply.removeHeader('x-content-type-options');
  });
  const text = await askOnce('abc');
  stop();
  expect(text.match(/Referrer-Policy: .*/g)).toEqual(['Referrer-Policy: same-origin']);
  expect(text).not.toContain('X-Content-Type-Options');
  expect(text).toContain('Content-Security-Policy');
});

test('a reason phrase of somebody else arrives, and one that would add a header sends none', async () => {
  const phrases = ['Fine', 'OK\r\nX-Added: yes'];
  const { askOnce, stop } = await echo((reply) => {
    reply.statusMessage = phrases.shift()!;
    if (phrases.length > 0) return;
    expect(() => reply.sendWhole('refused')).toThrow('Invalid character');
    reply.statusMessage = 'OK';
  });
  expect(await askOnce('abc')).toMatch(/^HTTP\/1.1 200 Fine\r\n/);
  const text = await askOnce('abc');
  stop();
  expect(text).not.toContain('X-Added');
  expect(bodies(text)).toEqual(['abc']);
});

test('a status that nobody knows is sent without a phrase of ours', async () => {
  const { askOnce, stop } = await echo((reply) => void (reply.statusCode = 299));
  expect(await askOnce('abc')).toMatch(/^HTTP\/1.1 299 unknown\r\n/);
  stop();
});

test('whoever asked for the head only gets no body, whatever became of the method', async () => {
  const { askOnce, stop } = await echo((reply) => void (reply.req.method = 'GET'));
  const text = await askOnce('abc', 'HEAD');
  stop();
  expect(text).toContain('\r\nContent-Length: 3\r\n');
  expect(text).toMatch(/\r\n\r\n$/);
});

test('whoever waits for the body is handed it', async () => {
  const seen: unknown[] = [];
  const { askOnce, stop } = await echo((reply) => {
    const { end } = reply;
    reply.end = (...call: unknown[]) => {
      seen.push(call[0]);
      return (end as (...call: unknown[]) => Reply).apply(reply, call);
    };
  });
  expect(bodies(await askOnce('abc'))).toEqual(['abc']);
  stop();
  expect(seen).toEqual(['abc']);
});

test('what has more bytes than characters, what is empty, and what is bytes arrives whole', async () => {
  const { ask, askOnce, stop } = await echo();
  for (const way of [ask, askOnce]) {
    expect(bodies(await way(encodeURIComponent('grüß ☃')))).toEqual(['grüß ☃']);
    expect(bodies(await way(''))).toEqual(['']);
  }
  stop();
  const binary = await echo((reply) => {
    const { sendWhole } = reply;
    reply.sendWhole = (body) => sendWhole.call(reply, Buffer.from(body));
  });
  expect(bodies(await binary.askOnce(encodeURIComponent('grüß ☃')))).toEqual(['grüß ☃']);
  binary.stop();
});

test('a long body arrives whole', async () => {
  const { ask, stop } = await echo((reply) => {
    const { sendWhole } = reply;
    reply.sendWhole = (body) => sendWhole.call(reply, String(body).repeat(50_000));
  });
  expect(bodies(await ask(encodeURIComponent('grüß')))).toEqual(['grüß'.repeat(50_000)]);
  stop();
});

test('requests that come in one packet are answered in their order', async () => {
  const { ask, stop } = await echo();
  const paths = Array.from({ length: 50 }, (_, at) => (at % 7 === 0 ? '' : `${at}`));
  expect(bodies(await ask(...paths))).toEqual(paths);
  stop();
});
