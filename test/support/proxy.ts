import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** Stands between a client and a real server, and can be told to fail in the ways networks and servers do. */
export interface Proxy {
  readonly port: number;
  /** ends all connections and refuses new ones, as a server that was stopped */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** accepts and keeps connections and never answers, as a server behind a broken network */
  silence(): void;
  /** lets bytes pass again; connections that were silent stay lost */
  speak(): void;
  /** ends all connections and accepts new ones, as in a fail-over */
  drop(): void;
  /** each piece of an answer arrives so much later */
  slowDown(milliseconds: number): void;
  close(): Promise<void>;
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let silent = false;
  let delay = 0;
  let port = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    return socket;
  };
  const server = createServer((inside) => {
    const outside = keep(connect(targetPort, '127.0.0.1'));
    keep(inside);
    inside.on('data', (chunk) => silent || outside.write(chunk));
    const answer = (chunk: Buffer) => silent || inside.write(chunk);
    outside.on('data', (chunk: Buffer) => (delay ? setTimeout(answer, delay, chunk) : answer(chunk)));
    inside.on('close', () => outside.destroy());
    outside.on('close', () => inside.destroy());
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: Proxy = {
    get port() {
      return port;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
    start: () =>
      new Promise((resolve) => {
        server.listen(port, '127.0.0.1', () => {
          port = (server.address() as AddressInfo).port;
          resolve();
        });
      }),
    silence: () => void (silent = true),
    speak() {
      silent = false;
      cut();
    },
    drop: cut,
    slowDown: (milliseconds) => void (delay = milliseconds),
    close: () => (server.listening ? proxy.stop() : Promise.resolve()),
  };
  await proxy.start();
  return proxy;
}

/** The same URL, through the proxy. */
export function through(proxy: Proxy, url: string): string {
  const changed = new URL(url);
  changed.host = `127.0.0.1:${proxy.port}`;
  return changed.href;
}
