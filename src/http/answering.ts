import type { IncomingMessage, ServerResponse } from 'node:http';
import type Koa from 'koa';
import type { Context } from 'koa';
import type { Answer } from '../lib/answer.js';
import { jsonOf } from '../lib/written-once.js';
import { replyOf, type Reply } from './reply.js';

/**
 * Koa's `app.callback()` with a shorter way out for what nearly every answer is: a small body that is there as a whole.
 * Koa prepares for streams at each request: listeners on response and socket, put on and taken off again. Everything
 * else takes Koa's own way.
 */
export function requestHandler(
  koa: Koa,
  run: (ctx: Context) => Answer<unknown>,
): (request: IncomingMessage, response: ServerResponse) => void {
  shortenBody(koa);
  return (request, response) => {
    const ctx = koa.createContext(request, response) as Context;
    response.statusCode = 404;
    try {
      const ran = run(ctx);
      if (ran instanceof Promise) ran.then(() => send(koa, ctx)).catch((error: unknown) => ctx.onerror(error as Error));
      else void send(koa, ctx);
    } catch (error) {
      ctx.onerror(error as Error);
    }
  };
}

interface KoaResponse {
  res: Reply;
  status: number;
  ['_body']: unknown;
  ['_explicitStatus']?: boolean;
}

/** A plain object is JSON, at once: Koa's setter asks first whether it is one of eight other things. */
function shortenBody(koa: Koa): void {
  const { get, set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(koa.response), 'body')!;
  Object.defineProperty(koa.response, 'body', {
    get,
    set(this: KoaResponse, body: unknown) {
      const isFirst = this['_body'] === undefined && !this.res.hasHeader('Content-Type');
      if (isFirst && isPlain(body)) setJson(this, body);
      else set!.call(this, body);
    },
  });
}

function setJson(response: KoaResponse, body: object): void {
  response['_body'] = body;
  if (!response['_explicitStatus']) response.res.statusCode = 200;
  response.res.put('Content-Type', 'application/json; charset=utf-8');
}

function send(koa: Koa, ctx: Context): Answer<void> {
  const body = wholeBody(ctx);
  return body === undefined ? answerAsKoa(koa, ctx) : replyOf(ctx).sendWhole(body);
}

/** The body when that is all there is to send; undefined = Koa knows better. */
function wholeBody(ctx: Context): string | Buffer | undefined {
  const { req, res } = ctx;
  const { body } = ctx.response;
  if (ctx.respond === false || req.method === 'HEAD' || res.headersSent || !ctx.writable || isEmpty(res.statusCode))
    return undefined;
  if (typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return isPlain(body) ? jsonOf(body) : undefined;
}

function isEmpty(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function isPlain(body: unknown): body is object {
  if (typeof body !== 'object' || body === null) return false;
  const prototype: unknown = Object.getPrototypeOf(body);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** `app.handleRequest` runs middleware and answers; what ran already must not run again, nor its status be lost. */
function answerAsKoa(koa: Koa, ctx: Context): Promise<void> {
  const { statusCode } = ctx.res;
  const ran = async (): Promise<void> => void (ctx.res.statusCode = statusCode);
  return (koa as unknown as { handleRequest(ctx: Context, run: () => Promise<void>): Promise<void> }).handleRequest(
    ctx,
    ran,
  );
}
