import type { Context } from 'koa';
import type { Answer } from './answer.js';

/** A Koa middleware of ours: where nothing has to be waited for, it and `next` answer at once, without a promise. */
export type Layer = (ctx: Context, next: () => Answer<unknown>) => Answer<unknown>;

/** Each layer around the next. koa-compose would make a promise, and wait for it, at each of them. */
export function nested(layers: readonly Layer[]): (ctx: Context) => Answer<unknown> {
  return layers.reduceRight<(ctx: Context) => Answer<unknown>>(
    (inner, layer) => (ctx) => layer(ctx, () => inner(ctx)),
    () => undefined,
  );
}

/** For a middleware that was written for koa-compose. */
export function asLayer(middleware: (ctx: Context, next: () => Promise<unknown>) => unknown): Layer {
  return (ctx, next) => middleware(ctx, async () => next());
}
