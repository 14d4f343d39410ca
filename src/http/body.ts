import type { Context } from 'koa';
import { Refusal } from '../errors.js';
import { JsonMistake, parseJson } from '../lib/json.js';
import { stateOf } from './state.js';

/** Reads the bytes of a request's body, at most `limit`. @throws Refusal('body-too-large') */
export async function readBytes(ctx: Context, limit: number): Promise<Buffer> {
  if (Number(ctx.req.headers['content-length'] ?? 0) > limit) throw tooLarge(ctx);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(ctx);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** What is left of the body is not read: the connection ends with the answer. */
function tooLarge(ctx: Context): Refusal {
  ctx.set('Connection', 'close');
  return new Refusal('body-too-large');
}

/** The body as text. A compressed one or one that is not UTF-8 is refused. */
export async function readText(ctx: Context, limit: number): Promise<string> {
  const encoding = ctx.req.headers['content-encoding'];
  if (encoding && encoding !== 'identity') throw new Refusal('unsupported-type', { encoding });
  const bytes = await readBytes(ctx, limit);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal('malformed-body', { position: new TextDecoder().decode(bytes).indexOf('\uFFFD') });
  }
}

/**
 * The body as an object: JSON whatever the `Content-Type` says, or a form. A body that starts with `{` is JSON even when
 * labelled as a form, an empty one is `{}` (contract ext-login, section 1). Read once per request.
 * @throws Refusal('malformed-body' with `position`, 'body-too-large', 'unsupported-type')
 */
export function readObject(ctx: Context, limit: number): Promise<Record<string, unknown>> {
  const state = stateOf(ctx);
  state.body ??= readText(ctx, limit).then((text) => parseObject(text, ctx.is('urlencoded') === 'urlencoded'));
  return state.body as Promise<Record<string, unknown>>;
}

function parseObject(text: string, labelledAsForm: boolean): Record<string, unknown> {
  const start = text.trimStart();
  if (start === '') return {};
  if (labelledAsForm && !start.startsWith('{')) return parseForm(text);
  const value = parseOrRefuse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal('malformed-body', { position: text.length - start.length });
}

/** @throws Refusal('malformed-body') */
export function parseOrRefuse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonMistake) throw new Refusal('malformed-body', { position: error.position });
    throw error;
  }
}

/** A repeated key becomes a list, so that whoever expects a string refuses it. */
function parseForm(text: string): Record<string, unknown> {
  const form: Record<string, unknown> = {};
  const parameters = new URLSearchParams(text);
  for (const key of new Set(parameters.keys())) {
    const values = parameters.getAll(key);
    const value = values.length === 1 ? values[0] : values;
    Object.defineProperty(form, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return form;
}
