import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ReplyClass } from './reply.js';

/** Sockets of clients that asked for another protocol, by their request. */
const upgrades = new WeakMap<IncomingMessage, Duplex>();

export function upgradeOf(request: IncomingMessage): Duplex | undefined {
  return request.headers.upgrade === undefined ? undefined : upgrades.get(request);
}

/**
 * Sends requests for another protocol (WebSocket) the same way as all others: route, middleware, handler. Only `proxy`
 * hands the socket over; whatever else is answered goes out as plain HTTP, then the connection ends.
 */
export function handleUpgrades(
  server: Server,
  Reply: ReplyClass,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  server.on('upgrade', (request, socket, head) => {
    if (head.length) socket.unshift(head);
    socket.on('error', () => socket.destroy());
    const response = new Reply(request);
    response.assignSocket(socket as Socket);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.end());
    upgrades.set(request, socket);
    handle(request, response);
  });
}
