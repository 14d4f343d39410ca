import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import { Refusal } from '../../errors.js';
import { parseOrRefuse, readText } from '../../http/body.js';
import { stateOf } from '../../http/state.js';
import { parseXml, XmlMistake } from '../../lib/xml.js';
import { formatOf, type Format } from './formats.js';

type Fields = Record<string, unknown>;

/** The body in the format of the answer, whatever the `Content-Type` says; an empty one is `{}` (contract, section 1). */
export async function readBody(ctx: Context, services: Services): Promise<unknown> {
  return read[formatOf(ctx)](await textOf(ctx, services));
}

/** Resources are written in JSON, whatever the answer is to be. */
export async function readJsonBody(ctx: Context, services: Services): Promise<unknown> {
  return read.json(await textOf(ctx, services));
}

/** Own fields of a body; one that is a list, a scalar or null has none. */
export function fieldsOf(body: unknown): Fields {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Fields) : {};
}

/** For routes that declare their input: JSON with its own types, XML where everything is text. */
export async function readDeclared(
  ctx: Context,
  services: Services,
): Promise<{ value: Fields; from: 'json' | 'text' }> {
  const text = await textOf(ctx, services);
  if (formatOf(ctx) === 'xml') return { value: fieldsOf(read.xml(text)), from: 'text' };
  return { value: text.trim() === '' ? {} : fieldsOf(parseOrRefuse(text)), from: 'json' };
}

function textOf(ctx: Context, { settings }: Services): Promise<string> {
  const state = stateOf(ctx);
  state.body ??= readText(ctx, settings.http.bodyLimit);
  return state.body as Promise<string>;
}

const read: Record<Format, (text: string) => unknown> = {
  json(text) {
    if (text.trim() === '') return {};
    parseOrRefuse(text);
    return JSON.parse(withDigits(text));
  },
  xml(text) {
    if (text.trim() === '') return {};
    try {
      return parseXml(text);
    } catch (error) {
      throw error instanceof XmlMistake ? new Refusal('malformed-body') : error;
    }
  },
};

/** Numbers stand for their digits here: PHP compares `123` and `"123"` alike, and a long one must not be rounded. */
function withDigits(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}
