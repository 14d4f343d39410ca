import type { Settings } from '../config/settings.js';
import type { Dialect } from '../dialects/dialect.js';
import { inputOf } from './bind.js';
import type { JsonSchema, Match, MiddlewareDefinition, RouteEntry } from './contract.js';
import { answeredMethods } from './layer.js';
import { sketchTable, type SketchedRoute } from './sketch.js';

/** One line for each route: `gatehouse routes`. */
export const listHead = ['METHODS', 'PATH', 'HANDLER', 'MIDDLEWARE', 'DIALECT', 'NAME'];

export function listRow({ entry, handler, middleware }: SketchedRoute): string[] {
  const methods = entry.methods.length > 0 ? entry.methods.join('|') : 'any';
  const off = entry.enabled ? '' : ' (off)';
  const chain = middleware.map(({ source }) => source).join(' ');
  return [methods, shownPath(entry), handler.name, chain || '–', entry.dialect, entry.name + off];
}

function shownPath({ path, hosts, schemes }: RouteEntry): string {
  const before =
    hosts.length > 0
      ? `${schemes.join('|') || '*'}://${hosts.join('|')}`
      : schemes.map((scheme) => `${scheme}:`).join('|');
  return before + path;
}

/** The same for scripts: `gatehouse routes --json`. */
export function listJson({ entry, handler, middleware, authentication }: SketchedRoute): Record<string, unknown> {
  const { line, file } = entry.places('');
  return {
    name: entry.name,
    path: entry.path,
    methods: answeredMethods(entry, handler.changesState),
    handler: handler.name,
    dialect: entry.dialect,
    middleware: middleware.map(({ source }) => source),
    requirements: entry.requirements,
    defaults: entry.defaults,
    hosts: entry.hosts,
    schemes: entry.schemes,
    formats: entry.formats,
    authentication,
    enabled: entry.enabled,
    description: entry.description || handler.description,
    file,
    line,
  };
}

export interface Explanation {
  found: boolean;
  text: string;
}

/** Everything that happens to a request, in words: `gatehouse routes explain POST /api/login`. */
export function explainRequest(
  routes: readonly SketchedRoute[],
  method: string,
  target: string,
  settings: Settings,
): Explanation {
  const url = new URL(target, settings.publicUrl);
  const table = sketchTable(routes);
  const where = { host: url.host, scheme: url.protocol.slice(0, -1) };
  const match = table.find(method, url.pathname, where);
  if (match.kind === 'found')
    return { found: true, text: describe(table.of(match.route), match, method, url, settings) };
  return { found: false, text: whyNot(match, method, url.pathname, routes) };
}

function whyNot(
  match: Exclude<Match, { kind: 'found' }>,
  method: string,
  path: string,
  routes: readonly SketchedRoute[],
): string {
  if (match.kind === 'wrong-method') {
    const { name } = match.route.entry;
    return `${method} is not served at ${path} (405). The entry "${name}" answers ${match.allow.join(', ')}.`;
  }
  if (match.kind === 'malformed') return `${path} holds an escape that means nothing (400).`;
  const off = routes.find(({ entry }) => !entry.enabled && entry.path === path);
  if (off) return `No entry serves ${path} (404): "${off.entry.name}" is switched off by enabled: false.`;
  return `No entry serves ${path} (404).`;
}

function describe(
  route: SketchedRoute,
  { params }: { params: Record<string, string> },
  method: string,
  url: URL,
  settings: Settings,
): string {
  const { entry, handler, dialect, authentication } = route;
  const { file, line } = entry.places('');
  const lines: [string, string | string[]][] = [
    ['entry', `${entry.name} (${file}:${line})${entry.description ? ` – ${entry.description}` : ''}`],
    ['path', entry.path],
    ['methods', answeredMethods(entry, handler.changesState).join(', ')],
    ['parameters', Object.entries(params).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)],
    ['middleware', checks(route)],
    ['handler', `${handler.name} – ${handler.description}`],
    ['input', inputLines(route)],
    ['dialect', `${dialect.name} – ${dialect.description}`],
    [
      'accepts',
      authentication.length > 0 ? `who one is by ${authentication.join(', ')}` : 'nobody’s word for who they are',
    ],
    ['limits', `${settings.http.bodyLimit} bytes of body, ${settings.http.requestTimeoutSeconds} seconds to send it`],
    ['caching', handler.private === false ? 'as the handler says' : 'no-store'],
    [
      'cross-site',
      handler.changesState || !['GET', 'HEAD'].includes(method)
        ? 'refused with 403, unless the origin is listed'
        : 'allowed, it only reads',
    ],
    ['try it', curl(route, method, url, settings)],
  ];
  return `${method} ${url.pathname}\n\n${lines
    .filter(([, value]) => value.length > 0)
    .map(row)
    .join('\n')}`;
}

function row([label, value]: [string, string | string[]]): string {
  const [first = '', ...more] = [value].flat();
  return [`  ${label.padEnd(11)} ${first}`, ...more.map((text) => `  ${' '.repeat(11)} ${text}`)].join('\n');
}

function checks({ middleware, dialect }: SketchedRoute): string[] {
  if (middleware.length === 0) return ['none, everybody may call it'];
  return middleware.map(({ definition, parameters, source }, index) => {
    const statuses = [...new Set(definition.refusals.map((refusal) => statusOf(refusal, dialect)))].join(' or ');
    return `${index + 1}. ${source} – ${definition.explain(parameters)}${statuses ? `, else ${statuses}` : ''}`;
  });
}

/** Dialects may say the same no with another status. */
function statusOf({ reason, status }: MiddlewareDefinition['refusals'][number], { document }: Dialect): number {
  return document?.refusal(reason).status ?? status;
}

function inputLines(route: SketchedRoute): string[] {
  const { query, body } = route.entry;
  const own = (query ?? body) ? undefined : inputOf(route.entry, route.handler, route.dialect);
  return [...fields(query, 'in the query'), ...fields(body, 'in the body'), ...fields(own, 'in the body')];
}

function fields(schema: JsonSchema | undefined, where: string): string[] {
  const required = new Set((schema?.['required'] as string[] | undefined) ?? []);
  return Object.entries((schema?.['properties'] as Record<string, JsonSchema> | undefined) ?? {}).map(
    ([name, property]) => {
      const type = [property['type'] ?? 'anything'].flat().join(' or ');
      const fallback =
        property['default'] === undefined ? 'optional' : `default ${JSON.stringify(property['default'])}`;
      return `${name} (${type}, ${required.has(name) ? 'required' : fallback}) ${where}`;
    },
  );
}

/** To paste into a shell; what only the caller knows stands in capitals. */
export function curl(route: SketchedRoute, method: string, url: URL, settings: Settings): string {
  const { entry, handler, dialect, refusals } = route;
  const body =
    method === 'GET' ? undefined : (entry.body ?? (entry.query ? undefined : inputOf(entry, handler, dialect)));
  const example = body && exampleOf(body);
  const needsLogin = refusals.some((reason) => loginReasons.includes(reason));
  const needsToken = refusals.includes('csrf-mismatch') && needsLogin;
  const words = [
    'curl -i',
    method === 'GET' ? '' : `-X ${method}`,
    needsLogin ? `-b '${settings.session.cookie.name}=COOKIE'` : '',
    needsToken ? "-H 'X-CSRF-Token: TOKEN'" : '',
    example ? `-H 'Content-Type: application/json' -d ${quoted(JSON.stringify(example))}` : '',
    quoted(settings.publicUrl + url.pathname + (url.search || exampleQuery(entry.query))),
  ];
  return words.filter(Boolean).join(' ');
}

const loginReasons: string[] = ['unauthenticated', 'not-admin', 'not-in-group', 'not-owner', 'stale-login'];

function quoted(text: string): string {
  return /^[\w:/.@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function exampleOf(schema: JsonSchema): Record<string, unknown> | undefined {
  const properties = Object.entries((schema['properties'] as Record<string, JsonSchema> | undefined) ?? {});
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  const shown = properties.filter(([name]) => required.size === 0 || required.has(name));
  return shown.length > 0
    ? Object.fromEntries(shown.map(([name, property]) => [name, exampleValue(name, property)]))
    : undefined;
}

function exampleQuery(schema: JsonSchema | undefined): string {
  const example = schema && exampleOf(schema);
  if (!example) return '';
  const pairs = Object.entries(example).map(([name, value]): [string, string] => [name, String(value)]);
  return `?${new URLSearchParams(pairs).toString()}`;
}

const byType: Record<string, unknown> = { boolean: true, integer: 1, number: 1, array: [], object: {} };

function exampleValue(name: string, { type, default: fallback, example, enum: choices }: JsonSchema): unknown {
  const known = example ?? fallback ?? (Array.isArray(choices) ? choices[0] : undefined);
  return known ?? byType[String(type)] ?? name.toUpperCase();
}
