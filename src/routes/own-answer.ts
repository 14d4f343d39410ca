import type { Context, Next } from 'koa';

/**
 * Koa writes an object as JSON after the last middleware has returned, where nobody could answer for one that cannot be
 * written. What a user's own code answers is written here, so that a circle in it is an error like any other.
 * @throws TypeError
 */
export async function writeOwnAnswer(ctx: Context, next: Next): Promise<void> {
  await next();
  if (ctx.respond !== false && isWrittenAsJson(ctx.body)) ctx.body = written(ctx.body);
}

function isWrittenAsJson(body: unknown): boolean {
  if (body === null || body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return false;
  if (body instanceof Blob || body instanceof ReadableStream || body instanceof Response) return false;
  return typeof (body as { pipe?: unknown }).pipe !== 'function';
}

function written(body: unknown): string {
  const text = JSON.stringify(body) as string | undefined;
  if (text === undefined) throw new TypeError(`a ${typeof body} cannot be written as JSON`);
  return text;
}
