import { STATUS_CODES, ServerResponse, type IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { Settings } from '../config/settings.js';
import { securityHeaders } from './security.js';

/** What of Node's messages a whole answer needs: its head as it will be sent, and what that says of the connection. */
interface Internals {
  _header: string | null;
  /** false: the client asked for the head only, whatever `request.method` was made since */
  _hasBody: boolean;
  _keepAliveTimeout: number;
  _maxRequestsPerSocket: number | undefined;
  _removedConnection: boolean;
  maxRequestsOnConnectionReached: boolean | undefined;
}

/** Headers that every answer carries: as pairs, and as they will be written after the line of a status. */
interface Standing {
  pairs: readonly string[];
  beginnings: Map<number, string>;
}

/** In bytes; what is longer is not copied once more for the sake of one write. */
const mostAsText = 65_536;

/**
 * A response that carries the headers of every answer, whoever writes it, and takes others of ours without Node's
 * bookkeeping: `setHeader` checks, lower-cases and keeps each one by itself, and looks at each again when it writes them.
 * For a session check's seven headers that took a tenth of its time, four times the look-up of the session.
 */
export class Reply extends ServerResponse {
  /** undefined once one of them was changed: then all of them are among the own ones */
  #standing: Standing | undefined;
  /** name, value, name, value … as they will be written; what is set by `setHeader` goes before */
  #own: string[] = [];

  constructor(request: IncomingMessage, standing: Standing) {
    super(request);
    this.#standing = standing;
  }

  /** Sets a header. Only for names that are always written the same way and values that no client chose. */
  put(name: string, value: string): void {
    if (super.hasHeader(name)) return void this.setHeader(name, value);
    const own = this.#standing?.pairs.includes(name) ? this.#all() : this.#own;
    const known = own.indexOf(name);
    if (known === -1) own.push(name, value);
    else own[known + 1] = value;
  }

  /** Sends the whole answer in one piece, its length told. */
  sendWhole(body: string | Buffer): void {
    const length = Buffer.byteLength(body);
    this.put('Content-Length', String(length));
    if (length > mostAsText || !this.#isOrdinary()) return void this.end(body);
    // one byte a character, as heads are sent: nothing is translated, and head and body are one text
    const bytes = typeof body === 'string' && length === body.length ? body : Buffer.from(body).toString('latin1');
    (this as unknown as Internals)['_header'] = this.#head() + bytes;
    this.end();
  }

  /** No header but ours, on a connection that stays open, of a Node that keeps its messages as we know them. */
  #isOrdinary(): boolean {
    const { _header, _hasBody, _removedConnection, maxRequestsOnConnectionReached } = this as unknown as Internals;
    const stays = this.shouldKeepAlive && !maxRequestsOnConnectionReached && !_removedConnection && this.sendDate;
    const isNew = _header === null && _hasBody && super.getHeaderNames().length === 0;
    return isNew && stays && this.#hasUsualStatus() && !this.#isWatched();
  }

  /** One that has a body. What somebody's own code says instead may be anything, and is left to Node's checks. */
  #hasUsualStatus(): boolean {
    const { statusCode, statusMessage } = this;
    const usual = STATUS_CODES[statusCode];
    const bare = statusCode < 200 || statusCode === 204 || statusCode === 304;
    return usual !== undefined && !bare && (statusMessage === undefined || statusMessage === usual);
  }

  /** Somebody's middleware that waits for the headers or the body puts its own functions in the place of these. */
  #isWatched(): boolean {
    const { writeHead, write, end } = Reply.prototype;
    return this.writeHead !== writeHead || this.write !== write || this.end !== end;
  }

  /** What `writeHead` would make of it. */
  #head(): string {
    const beginning = this.#standing ? beginningOf(this.#standing, this.statusCode) : statusLine(this.statusCode);
    return beginning + linesOf(this.#own) + endOfHead(this as unknown as Internals);
  }

  /** From now on each of them can be changed. */
  #all(): string[] {
    this.#own.unshift(...(this.#standing?.pairs ?? []));
    this.#standing = undefined;
    return this.#own;
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    const own = this.#all();
    for (let at = 0; at < own.length; at += 2) {
      const name = own[at]!;
      if (!super.hasHeader(name)) this.setHeader(name, own[at + 1]!);
    }
    return super.writeHead(status, ...(rest as []));
  }

  override hasHeader(name: string): boolean {
    return super.hasHeader(name) || this.#find(name) !== undefined;
  }

  override getHeader(name: string): ReturnType<ServerResponse['getHeader']> {
    return super.getHeader(name) ?? this.#find(name);
  }

  override removeHeader(name: string): void {
    super.removeHeader(name);
    if (this.#find(name) === undefined) return;
    const own = this.#all();
    own.splice(placeOf(own, name), 2);
  }

  /** the value of a header of ours */
  #find(name: string): string | undefined {
    return valueOf(this.#own, name) ?? (this.#standing && valueOf(this.#standing.pairs, name));
  }
}

function valueOf(pairs: readonly string[], name: string): string | undefined {
  const at = placeOf(pairs, name);
  return at === -1 ? undefined : pairs[at + 1];
}

function placeOf(pairs: readonly string[], name: string): number {
  for (let at = 0; at < pairs.length; at += 2) {
    const one = pairs[at]!;
    if (one === name || (one.length === name.length && one.toLowerCase() === name.toLowerCase())) return at;
  }
  return -1;
}

const statusLine = (status: number): string => `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;

function linesOf(pairs: readonly string[]): string {
  let lines = '';
  for (let at = 0; at < pairs.length; at += 2) lines += `${pairs[at]!}: ${pairs[at + 1]!}\r\n`;
  return lines;
}

function beginningOf({ pairs, beginnings }: Standing, status: number): string {
  const known = beginnings.get(status);
  if (known !== undefined) return known;
  const text = statusLine(status) + linesOf(pairs);
  beginnings.set(status, text);
  return text;
}

let end = { second: 0, timeout: 0, max: 0, text: '' };

/** The date, and how long the connection stays open: made once a second. */
function endOfHead({ _keepAliveTimeout: timeout, _maxRequestsPerSocket: max = 0 }: Internals): string {
  const second = Math.floor(Date.now() / 1000);
  if (end.second === second && end.timeout === timeout && end.max === max) return end.text;
  const stays = timeout ? `Keep-Alive: timeout=${Math.floor(timeout / 1000)}${max ? `, max=${max}` : ''}\r\n` : '';
  const date = new Date(second * 1000).toUTCString();
  end = { second, timeout, max, text: `Date: ${date}\r\nConnection: keep-alive\r\n${stays}\r\n` };
  return end.text;
}

export type ReplyClass = typeof ServerResponse<IncomingMessage>;

/** What Node's server makes for each request. */
export function replyClass(settings: Settings): ReplyClass {
  const standing = { pairs: securityHeaders(settings).flat(), beginnings: new Map<number, string>() };
  return class extends Reply {
    constructor(request: IncomingMessage) {
      super(request, standing);
    }
  } as unknown as ReplyClass;
}

export function replyOf(ctx: Context): Reply {
  return ctx.res as Reply;
}
