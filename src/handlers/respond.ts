import type { Context } from 'koa';
import { fill, fillDeep, unknownPlaceholder } from '../lib/fill.js';
import { parameterNames } from '../lib/path-pattern.js';
import type { HandlerDefinition, RouteEntry } from '../routes/contract.js';

/** The keys of an entry that answers by itself. */
interface Fixed {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
}

export const respond: HandlerDefinition = {
  name: 'respond',
  description: 'Answers what the entry says; `{parameter}` of the path is filled in.',
  changesState: false,
  options: {
    status: { type: 'integer', minimum: 200, maximum: 599, description: 'Status of the answer, 200 unless said.' },
    headers: { type: 'object', additionalProperties: { type: 'string' }, description: 'Headers of the answer.' },
    json: { description: 'The body, as JSON.' },
    text: { type: 'string', description: 'The body, as plain text.' },
  },
  check(entry) {
    const { json, text } = entry.options;
    if (json !== undefined && text !== undefined) return [mistake(entry, 'text', 'either "json" or "text", not both')];
    return ['json', 'text', 'headers'].flatMap((key) => {
      const wrong = unknownPlaceholder(entry.options[key], knownNames(entry));
      return wrong ? [mistake(entry, key, wrong)] : [];
    });
  },
  create({ entry }) {
    const { status = 200, headers = {}, json, text } = entry.options as Fixed;
    const said = Object.entries(headers);
    return (ctx) => {
      const values = ctx.params as Record<string, string>;
      ctx.status = status;
      answer(ctx, json, text, values);
      for (const [name, value] of said) ctx.set(name, fill(value, values, encodeURIComponent));
    };
  },
};

function answer(ctx: Context, json: unknown, text: string | undefined, values: Record<string, string>): void {
  if (json !== undefined) {
    ctx.type = 'application/json; charset=utf-8';
    ctx.body = JSON.stringify(fillDeep(json, values));
  } else if (text !== undefined) {
    ctx.type = 'text/plain; charset=utf-8';
    ctx.body = fill(text, values, (value) => value);
  } else {
    const { status } = ctx;
    ctx.body = status === 200 ? '' : null;
    ctx.status = status;
  }
}

/** What an entry's texts may name: parameters of its path and of its declared query. */
export function knownNames({ path, defaults }: RouteEntry): string[] {
  return [...new Set([...parameterNames(path), ...Object.keys(defaults)])];
}

export function mistake(entry: RouteEntry, key: string, message: string) {
  return { place: entry.places(key), key: `${entry.name}.${key}`, message };
}
