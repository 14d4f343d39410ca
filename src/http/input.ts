import type { Context } from 'koa';
import type { Services } from '../auth/services.js';
import { Refusal } from '../errors.js';
import { compileInput } from '../lib/schema.js';
import { isSafeMethod } from './security.js';
import { stateOf } from './state.js';

/**
 * Reads the input that a handler describes by a schema of its own: the query of what only reads, else the body, as JSON
 * or as a form. Compiled once. @throws Refusal('invalid-input') with every problem at once
 */
export function inputReader<Input>(schema: Record<string, unknown>) {
  const check = compileInput(schema);
  return async (ctx: Context, services: Services): Promise<Input> => {
    const { value, from } = isSafeMethod(ctx.method) ? fromQuery(ctx) : await fromBody(ctx, services);
    const problems = check(value, from);
    if (problems.length > 0) throw new Refusal('invalid-input', { problems });
    return value as Input;
  };
}

function fromQuery(ctx: Context): { value: Record<string, unknown>; from: 'text' } {
  return { value: { ...ctx.query }, from: 'text' };
}

/** A copy: reading fills in defaults, and the form may have to be shown again as it was typed. */
async function fromBody(ctx: Context, services: Services) {
  const { value, from } = await stateOf(ctx).route!.dialect.readBody(ctx, services);
  return { value: { ...value }, from };
}
