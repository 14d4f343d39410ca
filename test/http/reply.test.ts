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
  const askOnce = async (path: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [data] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return data.toString();
  };
  return { ask, askOnce, written, stop: () => server.close() };
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

test('a reason phrase that would add a header sends none', async () => {
  const { ask, stop } = await echo((reply) => {
    reply.statusMessage = 'OK\r\nX-Added: yes';
    reply.on('error', () => {});
    try {
      reply.sendWhole('first');
    } catch {
      reply.statusMessage = 'OK';
    }
  });
  const text = await ask('abc');
  stop();
  expect(text).not.toContain('X-Added');
  expect(bodies(text)).toEqual(['abc']);
});

test('what has more bytes than characters, and what is empty, arrives whole', async () => {
  const { ask, stop } = await echo();
  expect(bodies(await ask(encodeURIComponent('grüß ☃')))).toEqual(['grüß ☃']);
  expect(bodies(await ask(''))).toEqual(['']);
  stop();
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
