import type { Context } from 'koa';
import { prefersHtml } from '../../http/accepts.js';
import { writeXml } from '../../lib/xml.js';

export const formats = { json: 'application/json', xml: 'text/xml; charset=utf-8' };
export type Format = keyof typeof formats;

/** What `?_format=` asks for; JSON where it says nothing, or nothing we speak (`admit` refuses that). */
export function formatOf(ctx: Context): Format {
  return ctx.query['_format'] === 'xml' ? 'xml' : 'json';
}

const write: Record<Format, (value: unknown) => string> = {
  json: (value) => JSON.stringify(value),
  xml: (value) => writeXml('response', value),
};

export function send(ctx: Context, status: number, value: unknown): void {
  const format = formatOf(ctx);
  ctx.status = status;
  ctx.set('Content-Type', formats[format]);
  ctx.body = write[format](value);
}

/** No body and no type. */
export function sendNothing(ctx: Context, status: number): void {
  ctx.body = null;
  ctx.status = status;
}

/** A person sent the form of one of our pages: they are answered with a page, not with data. */
export function isPagesForm(ctx: Context): boolean {
  return ctx.query['page'] !== undefined && prefersHtml(ctx);
}
