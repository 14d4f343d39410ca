import type { Settings } from '../config/settings.js';
import type { DocumentedAnswer } from '../dialects/dialect.js';
import type { Reason } from '../errors.js';
import { isParameter, parsePath, type PathPart } from '../lib/path-pattern.js';
import { inputOf } from './bind.js';
import type { BoundRoute, JsonSchema } from './contract.js';
import { answeredMethods } from './layer.js';

/** What the document needs of a route; a table that runs has it, and so has one that was only looked at. */
export type DescribedRoute = Pick<BoundRoute, 'entry' | 'handler' | 'dialect' | 'authentication' | 'refusals'>;

export type OpenApi = Record<string, unknown>;

/** An OpenAPI 3.1 document of every route with its bodies, refusals and security (contract routes-yaml, section 6). */
export function describeApi(routes: readonly DescribedRoute[], settings: Settings, version: string): OpenApi {
  const builder = new Builder(settings);
  for (const route of routes) if (route.entry.enabled) builder.add(route);
  return builder.document(version);
}

const operations = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

type Operation = Record<string, unknown>;

class Builder {
  readonly #paths = new Map<string, Record<string, Operation>>();
  /** paths that differ only in their parameters' names are one path to OpenAPI */
  readonly #shapes = new Map<string, string>();
  readonly #ids = new Set<string>();
  readonly #schemas: Record<string, JsonSchema> = {};
  readonly #tags = new Map<string, string>();

  constructor(private readonly settings: Settings) {}

  add(route: DescribedRoute): void {
    const { entry, handler, dialect } = route;
    this.#tags.set(dialect.name, dialect.description);
    for (const parts of pathVariants(entry.path, entry.defaults)) {
      const { path, names } = this.#pathFor(parts);
      const item = this.#paths.get(path) ?? {};
      this.#paths.set(path, item);
      for (const method of answeredMethods(entry, handler.changesState)) {
        const key = method.toLowerCase();
        // HEAD is GET without a body; of two routes for one operation the first answers
        if (key === 'head' || !operations.includes(key) || item[key]) continue;
        item[key] = this.#operation(
          route,
          method,
          parts.filter(isParameter).map(({ name }, i) => [name, names[i]!] as const),
        );
      }
    }
  }

  document(version: string): OpenApi {
    const cookie = { type: 'apiKey', in: 'cookie', name: this.settings.session.cookie.name };
    return {
      openapi: '3.1.0',
      info: {
        title: 'Gatehouse',
        version,
        description: 'Every endpoint of this server, as its routes file declares them.',
      },
      servers: [{ url: this.settings.publicUrl }],
      tags: [...this.#tags].map(([name, description]) => ({ name, description })),
      paths: Object.fromEntries([...this.#paths].filter(([, item]) => Object.keys(item).length > 0)),
      components: {
        schemas: this.#schemas,
        securitySchemes: {
          cookie: { ...cookie, description: 'The session cookie that a login sets.' },
          basic: { type: 'http', scheme: 'basic' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
    };
  }

  #pathFor(parts: PathPart[]): { path: string; names: string[] } {
    const own = parts.filter(isParameter).map(({ name }) => name);
    const write = (names: readonly string[]): string => {
      let next = 0;
      return parts.map((part) => (isParameter(part) ? `{${names[next++]}}` : part.text)).join('');
    };
    const shape = write(own.map(() => ''));
    const path = this.#shapes.get(shape) ?? write(own);
    this.#shapes.set(shape, path);
    return { path, names: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!) };
  }

  #operation(route: DescribedRoute, method: string, names: (readonly [string, string])[]): Operation {
    const { entry, handler, dialect } = route;
    const id = this.#uniqueId(entry.name, method);
    const body =
      method === 'GET' ? undefined : (entry.body ?? (entry.query ? undefined : inputOf(entry, handler, dialect)));
    const security = securityOf(route);
    return {
      operationId: id,
      tags: [dialect.name],
      summary: entry.description || handler.description,
      parameters: [...this.#pathParameters(route, names), ...this.#queryParameters(route, id), ...csrfHeader(route)],
      ...(body ? { requestBody: this.#requestBody(body, id) } : {}),
      responses: this.#responses(route, method, body),
      ...(security ? { security } : {}),
    };
  }

  #uniqueId(name: string, method: string): string {
    const plain = name.replace(/[^\w.-]/g, '_');
    const id =
      [plain, `${plain}-${method.toLowerCase()}`].find((candidate) => !this.#ids.has(candidate)) ??
      `${plain}-${this.#ids.size}`;
    this.#ids.add(id);
    return id;
  }

  #pathParameters({ entry }: DescribedRoute, names: (readonly [string, string])[]): object[] {
    return names.map(([own, shown]) => {
      const requirement = entry.requirements[own];
      const schema = requirement ? { type: 'string', pattern: `^(?:${requirement})$` } : { type: 'string' };
      return { name: shown, in: 'path', required: true, schema };
    });
  }

  #queryParameters({ entry }: DescribedRoute, id: string): object[] {
    const inPath = new Set(parsePath(entry.path).parameters.map(({ name }) => name));
    const declared = Object.entries(entry.symfony ? {} : entry.defaults).filter(([name]) => !inPath.has(name));
    const required = new Set((entry.query?.['required'] as string[] | undefined) ?? []);
    const properties = Object.entries((entry.query?.['properties'] as Record<string, JsonSchema> | undefined) ?? {});
    return [
      ...declared.map(([name, value]) => ({
        name,
        in: 'query',
        schema: value === null ? { type: 'string' } : { type: 'string', default: String(value) },
      })),
      ...properties.map(([name, schema]) => ({
        name,
        in: 'query',
        required: required.has(name),
        schema: this.#schema(schema, `${id}-${name}`),
      })),
    ];
  }

  #requestBody(body: JsonSchema, id: string): object {
    const schema = this.#schema({ type: 'object', ...body }, `${id}-input`);
    const required = Array.isArray(body['required']) && body['required'].length > 0;
    return { required, content: { 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema } } };
  }

  /** A schema that refers to parts of itself becomes a component, its references follow it there. */
  #schema(schema: JsonSchema, name: string): JsonSchema {
    const text = JSON.stringify(modern(schema));
    if (!text.includes('"$ref":"#')) return JSON.parse(text) as JsonSchema;
    const key = name.replace(/[^\w.-]/g, '_');
    this.#schemas[key] = JSON.parse(text.replaceAll('"$ref":"#', `"$ref":"#/components/schemas/${key}`)) as JsonSchema;
    return { $ref: `#/components/schemas/${key}` };
  }

  #responses(route: DescribedRoute, method: string, body: JsonSchema | undefined): Record<string, object> {
    const { handler, dialect, entry } = route;
    const changes = handler.changesState || method !== 'GET';
    const type = Object.values(dialect.formats)[0] ?? 'application/json';
    const own = handler.answers ?? [];
    const answers: DocumentedAnswer[] = own.some(({ status }) => status < 400) ? own : [successOf(route), ...own];
    const responses: Record<string, object> = {};
    for (const answer of answers) responses[answer.status] = response(answer, answer.type ?? type);
    const reasons: Reason[] = [
      ...route.refusals,
      ...(handler.failures ?? []),
      ...(handler.refuses?.(dialect.policy(this.settings)) ?? []),
      ...(changes ? crossSite : []),
      ...(entry.formats.length > 0 ? notAcceptable : []),
      ...(body || entry.query ? inputReasons : []),
    ];
    const takesBasic = route.authentication.includes('basic');
    const possible = reasons.filter((reason) => reason !== 'no-credentials' || takesBasic);
    for (const [status, schemas] of refusalsByStatus(route, possible)) {
      responses[status] ??= response(
        { status, description: reasonPhrases[status] ?? 'Refused', schema: oneOf(schemas) },
        type,
      );
    }
    return responses;
  }
}

const crossSite: Reason[] = ['cross-site'];
const notAcceptable: Reason[] = ['not-acceptable'];
const inputReasons: Reason[] = ['invalid-input', 'malformed-body'];

const reasonPhrases: Record<number, string> = {
  400: 'The request cannot be read',
  401: 'Nobody is logged in, or the CSRF token is missing',
  403: 'Not allowed',
  404: 'Not found',
  406: 'There is no such format',
  409: 'Somebody else changed it meanwhile',
  415: 'A body of this type is not read',
  422: 'Fields are missing or wrong',
  429: 'Too many attempts; Retry-After says when to come again',
  502: 'The backend failed',
  503: 'Busy; Retry-After says when to come again',
  504: 'The backend took too long',
};

function successOf({ entry, handler, dialect }: DescribedRoute): DocumentedAnswer {
  if (handler.page) return { status: 200, description: 'A page', type: 'text/html', schema: { type: 'string' } };
  const documented = handler.says && dialect.document?.answers[handler.says];
  const { status } = entry.options;
  return documented ?? { status: typeof status === 'number' ? status : 200, description: handler.description };
}

function response({ description, schema }: DocumentedAnswer, type: string): object {
  return schema ? { description, content: { [type]: { schema } } } : { description };
}

function refusalsByStatus({ dialect }: DescribedRoute, reasons: readonly Reason[]): Map<number, JsonSchema[]> {
  const byStatus = new Map<number, JsonSchema[]>();
  for (const reason of new Set(reasons)) {
    const refusal = dialect.document?.refusal(reason);
    if (refusal) byStatus.set(refusal.status, [...(byStatus.get(refusal.status) ?? []), refusal.schema]);
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b));
}

function oneOf(schemas: JsonSchema[]): JsonSchema {
  const unique = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  return unique.length === 1 ? unique[0]! : { anyOf: unique };
}

const loginReasons = new Set<Reason>(['unauthenticated', 'not-admin', 'not-in-group', 'not-owner', 'stale-login']);

/** Which of the accepted ways to say who one is fits; undefined: nobody asks. */
function securityOf({ refusals, authentication }: DescribedRoute): Record<string, string[]>[] | undefined {
  if (!refusals.some((reason) => loginReasons.has(reason))) return undefined;
  return authentication.map((provider) => ({ [provider]: [] }));
}

function csrfHeader({ refusals }: DescribedRoute): object[] {
  if (!refusals.some((reason) => reason === 'csrf-missing' || reason === 'csrf-mismatch')) return [];
  const description = 'The session’s token. A browser on this site may leave it out.';
  return [{ name: 'X-CSRF-Token', in: 'header', required: false, description, schema: { type: 'string' } }];
}

/** A path whose last parameters may be left out is several paths to OpenAPI. */
function pathVariants(path: string, defaults: Record<string, unknown>): PathPart[][] {
  const variants = [parsePath(path).parts];
  for (;;) {
    const parts = variants.at(-1)!;
    const last = parts.at(-1);
    if (!last || !isParameter(last) || !Object.hasOwn(defaults, last.name)) return variants;
    variants.push(withoutLast(parts));
  }
}

function withoutLast(parts: PathPart[]): PathPart[] {
  const rest = parts.slice(0, -1);
  const before = rest.at(-1);
  if (!before || isParameter(before)) return rest;
  const text = before.text.replace(/[/,;.:\-_~*+@|]$/, '');
  const shorter = [...rest.slice(0, -1), ...(text === '' ? [] : [{ text }])];
  return shorter.length > 0 ? shorter : [{ text: '/' }];
}

/** Draft 7 words in those of 2020-12, which OpenAPI 3.1 speaks. */
function modern(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(modern);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $id: _, $schema: __, items, additionalItems, ...rest } = schema as JsonSchema;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, modernPart(key, part)]));
  if (items === undefined) return kept;
  if (!Array.isArray(items)) return { ...kept, items: modern(items) };
  const more = additionalItems === undefined ? {} : { items: modern(additionalItems) };
  return { ...kept, prefixItems: modern(items), ...more };
}

const namedSchemas = new Set(['properties', 'patternProperties', 'definitions', '$defs']);
const values = new Set(['default', 'const', 'enum', 'example', 'examples', 'required']);

function modernPart(key: string, part: unknown): unknown {
  if (values.has(key)) return part;
  if (!namedSchemas.has(key) || typeof part !== 'object' || part === null) return modern(part);
  return Object.fromEntries(Object.entries(part).map(([name, schema]) => [name, modern(schema)]));
}
