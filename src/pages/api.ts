import { createHash } from 'node:crypto';
import type { Layer } from '../lib/layers.js';
import { html, Markup } from './html.js';

/** The parts of an OpenAPI document that the page shows. */
interface Api {
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
  security?: Record<string, string[]>[];
}

interface Schema {
  type?: string | string[];
  pattern?: string;
  default?: unknown;
  required?: string[];
  properties?: Record<string, Schema>;
}

/**
 * `/openapi.json` and a readable page of it at `/docs` (contract routes-yaml, section 6). Written anew when the routes
 * are: `describe` answers the same object as long as they stay the same.
 */
export function apiPages(describe: () => Record<string, unknown>): Layer {
  let known: { api: unknown; json: string; page: string } | undefined;
  const current = () => {
    const api = describe();
    if (known?.api !== api) known = { api, json: JSON.stringify(api), page: apiPage(api as unknown as Api) };
    return known;
  };
  return (ctx, next) => {
    const wanted = ctx.path === '/openapi.json' || ctx.path === '/docs';
    if (!wanted || !['GET', 'HEAD'].includes(ctx.method)) return next();
    ctx.set('Cache-Control', 'no-cache');
    if (ctx.path === '/docs') ctx.set('Content-Security-Policy', policy);
    ctx.type = ctx.path === '/docs' ? 'text/html; charset=utf-8' : 'application/json';
    ctx.body = ctx.path === '/docs' ? current().page : current().json;
    return undefined;
  };
}

const style = `:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}
h1{margin:0}h2{margin:2.5rem 0 .5rem}h3{font:600 1rem/1.4 ui-monospace,monospace;margin:0;overflow-wrap:anywhere}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}
article p{margin:.25rem 0 .75rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
th{font-weight:600}caption{text-align:left;font-weight:600;padding-top:.5rem}
code{background:var(--soft);padding:.1em .3em;border-radius:.25rem}
.method{display:inline-block;min-width:4.5rem}
ul{padding-left:1.2rem}`;

const styleHash = createHash('sha256').update(style).digest('base64');
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

function apiPage({ info, servers, tags, paths }: Api): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return html`<section>
      <h2 id="${name}">${name}</h2>
      <p>${description}</p>
      ${own.map(({ path, method, operation }) => article(path, method, operation))}
    </section>`;
  });
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} API</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${info.title} API</h1>
          <p>
            ${info.description} Version ${info.version}, served at <code>${servers[0]?.url ?? ''}</code>. For machines:
            <a href="openapi.json">openapi.json</a>
          </p>
          <nav aria-label="Families">
            <ul>
              ${tags.map(({ name }) => html`<li><a href="#${name}">${name}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>${sections}</main>
      </body>
    </html>`;
  // the hash of the policy is that of the style's exact text
  return page.text.replace(/<style>\s*([^]*?)\s*<\/style>/, (_, text: string) => `<style>${text}</style>`);
}

function article(path: string, method: string, operation: Operation): Markup {
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  return html`<article id="${operation.operationId}">
    <h3><span class="method">${method.toUpperCase()}</span> ${path}</h3>
    <p>${operation.summary}</p>
    ${inputTable(operation, body)} ${answersTable(operation)}
    ${operation.security ? html`<p>Needs a login: ${ways(operation.security)}.</p>` : ''}
  </article>`;
}

function ways(security: Record<string, string[]>[]): string {
  return security.flatMap((way) => Object.keys(way)).join(' or ');
}

function inputTable({ parameters }: Operation, body: Schema | undefined): Markup | string {
  const required = new Set(body?.required ?? []);
  const rows = [
    ...parameters.map(({ name, in: where, required: needed, schema }) => row(name, where, schema, needed ?? false)),
    ...Object.entries(body?.properties ?? {}).map(([name, schema]) => row(name, 'body', schema, required.has(name))),
  ];
  if (rows.length === 0) return '';
  return html`<table>
    <caption>
      Input
    </caption>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">In</th>
        <th scope="col">Type</th>
        <th scope="col">Needed</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function row(name: string, where: string, schema: Schema, needed: boolean): Markup {
  const type = [schema.type ?? 'any'].flat().join(' or ') + (schema.pattern ? ` like ${schema.pattern}` : '');
  const fallback = schema.default === undefined ? 'no' : `no, ${JSON.stringify(schema.default)}`;
  return html`<tr>
    <td><code>${name}</code></td>
    <td>${where}</td>
    <td>${type}</td>
    <td>${needed ? 'yes' : fallback}</td>
  </tr>`;
}

function answersTable({ responses }: Operation): Markup {
  const rows = Object.entries(responses).map(([status, { description, content }]) => {
    const fields = Object.keys(Object.values(content ?? {})[0]?.schema.properties ?? {});
    const names = fields.map((name) => html` <code>${name}</code>`);
    return html`<tr>
      <td>${status}</td>
      <td>${description}</td>
      <td>${names}</td>
    </tr>`;
  });
  return html`<table>
    <caption>
      Answers
    </caption>
    <thead>
      <tr>
        <th scope="col">Status</th>
        <th scope="col">Meaning</th>
        <th scope="col">Fields</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
