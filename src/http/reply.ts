import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { Settings } from '../config/settings.js';
import { securityHeaders } from './security.js';

/** How Node's messages hand text to their socket, headers first. */
interface Sends {
  _send(text: string | Buffer, encoding?: BufferEncoding, done?: () => void, length?: number): boolean;
}
const sends = ServerResponse.prototype as unknown as Sends;

/**
 * A response that carries the headers of every answer, whoever writes it, and takes others of ours without Node's
 * bookkeeping: `setHeader` checks, lower-cases and keeps each one by itself. For a session check's seven headers that
 * took 7 % of its time, three times the look-up of the session.
 */
export class Reply extends ServerResponse {
  /** name, value, name, value … as they will be written; what is set by `setHeader` goes before */
  readonly #own: string[];
  /** the whole answer, until the end of it is sent, too */
  #held: Parameters<Sends['_send']> | undefined;
  #isWhole = false;

  constructor(request: IncomingMessage, standing: readonly string[]) {
    super(request);
    this.#own = standing.slice();
  }

  /** Sets a header. Only for names that are always written the same way and values that no client chose. */
  put(name: string, value: string): void {
    if (super.hasHeader(name)) return void this.setHeader(name, value);
    const known = this.#own.indexOf(name);
    if (known === -1) this.#own.push(name, value);
    else this.#own[known + 1] = value;
  }

  /** Sends the whole answer in one piece, its length told. */
  sendWhole(body: string | Buffer): void {
    const length = Buffer.byteLength(body);
    this.put('Content-Length', String(length));
    if (this.getHeaderNames().length === 0) super.writeHead(this.statusCode, this.#own);
    this.#isWhole = true;
    // one byte a character: nothing to be translated
    this.end(body, length === body.length ? 'latin1' : 'utf8');
    if (this.#held) this.#send(...this.#held);
    this.#held = undefined;
  }

  /**
   * Node ends an answer by sending an empty text after it, and two texts go to the socket by a slower way than one: the
   * answer waits for its end here, and both go as one. A Node that does otherwise finds nothing changed.
   */
  _send(...sent: Parameters<Sends['_send']>): boolean {
    const [text, , done] = sent;
    if (!this.#isWhole) return this.#send(...sent);
    if (text !== '') {
      if (this.#held) this.#send(...this.#held);
      this.#held = sent;
      return true;
    }
    const [held, encoding, , length] = this.#held ?? sent;
    this.#held = undefined;
    return this.#send(held, encoding, done, length);
  }

  #send(...sent: Parameters<Sends['_send']>): boolean {
    return sends['_send'].apply(this, sent);
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    for (let at = 0; at < this.#own.length; at += 2) {
      const name = this.#own[at]!;
      if (!super.hasHeader(name)) this.setHeader(name, this.#own[at + 1]!);
    }
    return super.writeHead(status, ...(rest as []));
  }

  override hasHeader(name: string): boolean {
    return super.hasHeader(name) || this.#find(name) !== -1;
  }

  override getHeader(name: string): ReturnType<ServerResponse['getHeader']> {
    const at = this.#find(name);
    return super.getHeader(name) ?? (at === -1 ? undefined : this.#own[at + 1]);
  }

  override removeHeader(name: string): void {
    super.removeHeader(name);
    const at = this.#find(name);
    if (at !== -1) this.#own.splice(at, 2);
  }

  #find(name: string): number {
    const own = this.#own;
    for (let at = 0; at < own.length; at += 2) {
      const one = own[at]!;
      if (one === name || (one.length === name.length && one.toLowerCase() === name.toLowerCase())) return at;
    }
    return -1;
  }
}

export type ReplyClass = typeof ServerResponse<IncomingMessage>;

/** What Node's server makes for each request. */
export function replyClass(settings: Settings): ReplyClass {
  const standing = securityHeaders(settings).flat();
  return class extends Reply {
    constructor(request: IncomingMessage) {
      super(request, standing);
    }
  } as unknown as ReplyClass;
}

export function replyOf(ctx: Context): Reply {
  return ctx.res as Reply;
}
