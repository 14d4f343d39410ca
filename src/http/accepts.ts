import type { Context } from 'koa';

/** The client is a person's browser: it wants HTML more than JSON. No `Accept`, or any type: JSON. */
export function prefersHtml(ctx: Context): boolean {
  const accept = ctx.req.headers.accept;
  return accept !== undefined && accept.includes('text/html') && ctx.accepts('json', 'html') === 'html';
}
