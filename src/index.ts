/** Types for your own handlers and middleware: `import type { Handler, Middleware } from 'gatehouse'`. */
import type { Context, Next } from 'koa';
import type { CurrentUser } from './http/own-code.js';

export type { CurrentUser } from './http/own-code.js';

/** Koa's context with what Gatehouse adds. */
export type GatehouseContext = Context & {
  /** parameters of the path, decoded, and declared query parameters */
  params: Record<string, string>;
  state: {
    /** whoever is logged in */
    user?: CurrentUser;
    /** body and query after the entry's schemas filled in defaults */
    input?: Record<string, unknown>;
    query?: Record<string, unknown>;
    requestId: string;
  };
};

/** `handler: ./file.js#name`: sets `ctx.body`; an error with a `status` is answered in the entry's dialect. */
export type Handler = (ctx: GatehouseContext) => unknown;

/** `middleware: [./file.js#name]`: lets through by `next()`. */
export type Middleware = (ctx: GatehouseContext, next: Next) => unknown;
