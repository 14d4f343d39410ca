import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { loadSettings } from '../../src/config/load.js';
import { replyClass, type Reply } from '../../src/http/reply.js';
import { temporaryFolder } from '../support/gatehouse.js';

/** A server that answers each path with itself; `written` = what it hands to its sockets, and how. */
async function echo() {
  const cwd = temporaryFolder();
  const settings = loadSettings({ env: { NODE_ENV: 'test', DATA_DIR: cwd }, cwd });
  const server = createServer({ ServerResponse: replyClass(settings) }, (request, response) => {
    const reply = response as Reply;
    reply.statusCode = 200;
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
  return { ask, written, stop: () => server.close() };
}

const bodies = (text: string): string[] => text.split(/HTTP\/1\.1 200 OK\r\n[\s\S]*?\r\n\r\n/).slice(1);

test('an answer goes to the socket in one write, its length told', async () => {
  const { ask, written, stop } = await echo();
  const text = await ask('abc');
  expect(bodies(text)).toEqual(['abc']);
  expect(text).toContain('\r\nContent-Length: 3\r\n');
  expect(text).not.toContain('Transfer-Encoding');
  expect(written).toEqual(['one']);
  stop();
});

test('what has more bytes than characters, and what is empty, arrives whole', async () => {
  const { ask, stop } = await echo();
  expect(bodies(await ask(encodeURIComponent('grüß ☃')))).toEqual(['grüß ☃']);
  expect(bodies(await ask(''))).toEqual(['']);
  stop();
});

test('requests that come in one packet are answered in their order', async () => {
  const { ask, stop } = await echo();
  const paths = Array.from({ length: 50 }, (_, at) => (at % 7 === 0 ? '' : `${at}`));
  expect(bodies(await ask(...paths))).toEqual(paths);
  stop();
});
