import type { Middleware } from 'koa';
import type { MiddlewareDefinition } from '../routes/contract.js';
import { authenticate } from './authenticate.js';
import { csrf } from './csrf.js';

export const auth: MiddlewareDefinition = {
  name: 'auth',
  description: 'A logged-in user whose own page sent the request: authenticate and csrf.',
  parameters: '',
  explain: () => `${authenticate.explain([])}, and ${csrf.explain([])}`,
  refusals: [...authenticate.refusals, ...csrf.refusals],
  check: (parameters) => (parameters.length ? 'auth takes no parameters' : undefined),
  create(parameters, tools) {
    const first: Middleware = authenticate.create(parameters, tools);
    const second: Middleware = csrf.create(parameters, tools);
    return (ctx, next) => first(ctx, () => second(ctx, next) as Promise<unknown>);
  },
};
