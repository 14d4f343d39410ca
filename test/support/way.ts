import { afterEach } from '@jest/globals';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server on this machine that can break, hang and be slow; the server itself serves others meanwhile. */
export class Way {
  readonly #target: { host: string; port: number };
  readonly #pairs = new Set<[Socket, Socket]>();
  #server: Server | undefined;
  #port = 0;
  #hanging = false;
  #delay = 0;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  /** how many connections go through */
  get connections(): number {
    return this.#pairs.size;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const server = createServer({ noDelay: true }, (near) => this.#join(near));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** as if the server died: every connection is reset, new ones are refused */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    this.drop();
    await closed;
  }

  /** as in a fail-over: what is open is reset, new connections are accepted */
  drop(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** as if a cable was pulled: nothing comes back, nobody says why */
  hang(): void {
    this.#hanging = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** every piece arrives so much later */
  slowDown(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  async mend(): Promise<void> {
    this.#delay = 0;
    if (this.#hanging) this.drop();
    this.#hanging = false;
    if (!this.#server) await this.open();
  }

  #join(near: Socket): void {
    const far = connect({ ...this.#target, noDelay: true });
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    this.#carry(near, far, pair);
    this.#carry(far, near, pair);
    if (this.#hanging) for (const socket of pair) socket.pause();
  }

  #carry(from: Socket, to: Socket, pair: [Socket, Socket]): void {
    from.on('data', (chunk) => {
      if (this.#delay === 0) to.write(chunk);
      else setTimeout(() => to.write(chunk), this.#delay);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#pairs.delete(pair);
      to.destroy();
    });
  }
}

const opened: Way[] = [];

/** A way to the server of a URL, and the URL that takes it. */
export async function wayTo(url: string): Promise<{ way: Way; url: string }> {
  const target = new URL(url);
  const way = new Way({ host: target.hostname, port: Number(target.port) });
  await way.open();
  opened.push(way);
  target.hostname = '127.0.0.1';
  target.port = String(way.port);
  return { way, url: target.href };
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((way) => way.cut()));
});
