/** A route from the file to the running table: what `load` hands to `bind`, and what `bind` hands to the server. */
import type { Context, Middleware } from 'koa';
import type { Mistake, Place, Reason } from '../errors.js';
import type { Dialect, Hearing, Policy, Saying } from '../dialects/dialect.js';
import type { Services } from '../auth/services.js';
import type { Settings } from '../config/settings.js';
import type { Answer } from '../lib/answer.js';

/** One entry of a route file after every check, before its names are turned into code. */
export interface RouteEntry {
  name: string;
  /** as written, with a leading slash */
  path: string;
  /** upper case, without the implied HEAD; empty = every method (Symfony entries only) */
  methods: string[];
  handler: string;
  dialect: string;
  middleware: MiddlewareCall[];
  /** parameter → regex source, anchored when compiled */
  requirements: Record<string, string>;
  defaults: Record<string, string | number | boolean | null>;
  query?: JsonSchema;
  body?: JsonSchema;
  schemes: string[];
  /** host patterns, any of which may match; empty = every host */
  hosts: string[];
  formats: string[];
  authentication?: string[];
  redirect?: string;
  enabled: boolean;
  description: string;
  /** the keys of a no-code handler (`respond`, `proxy` …) or of a module, by name */
  options: Record<string, unknown>;
  /** where each key stands: `handler`, `middleware/0`, `body/properties/x`; '' is the entry itself */
  places: (pointer: string) => Place;
  /** the same as people read it, in the file's own words: `login.options.middleware[0]` */
  keyOf: (pointer: string) => string;
  /** file it was read from; a module's path is relative to it */
  file: string;
  /** true: read from a Symfony/EXT:routes file */
  symfony: boolean;
}

export interface MiddlewareCall {
  /** `throttle`, or `./file.js#export` */
  name: string;
  /** `["50","10"]` */
  parameters: string[];
  /** as written */
  source: string;
}

export type JsonSchema = Record<string, unknown>;

/** What a handler file exports, once. */
export interface HandlerDefinition {
  name: string;
  description: string;
  /** the words it needs of the dialect */
  hears?: keyof Hearing;
  says?: keyof Saying;
  /** it changes something: lint warns on GET, cross-site requests are refused, HEAD is 405 */
  changesState: boolean;
  /** it opens, ends or rotates the session, or reads `ctx.session`: koa-session is run around it */
  ownsSession?: boolean;
  /** which of its refusals is a failed attempt for `throttle`; absent = every call counts */
  failures?: Reason[];
  /** what it refuses besides, for the API document; dialects differ in what they refuse */
  refuses?(policy: Policy): Reason[];
  /** it mails somebody on request: lint wants a `throttle` before it, as before everything that can be guessed */
  sendsMail?: boolean;
  /** it acts for whoever is logged in, with or without a middleware that asks for a login: lint wants `csrf` before it */
  actsForCaller?: boolean;
  /** pages that its answer or its mail leads to, by their handlers: lint wants a route for each */
  leadsTo?(policy: Policy): string[];
  /** a published contract has it as GET although it changes something: no warning where `csrf` guards it */
  publishedAsGet?: boolean;
  /** input of its own (JSON Schema, per dialect where they differ), for OpenAPI and `errors.<first field>` */
  input?: JsonSchema | Record<string, JsonSchema>;
  /** keys of the entry it understands beside the common ones (no-code handlers), as JSON Schema properties */
  options?: Record<string, JsonSchema>;
  requiredOptions?: string[];
  /** answers that can happen, for OpenAPI */
  answers?: { status: number; description: string; schema?: JsonSchema }[];
  /** the answer depends on the session: Cache-Control no-store (default true) */
  private?: boolean;
  /** it answers with a page of ours */
  page?: boolean;
  /** the body is streamed by the handler itself (`proxy`) */
  rawBody?: boolean;
  /** checks what JSON Schema cannot say; throws Misconfiguration-like mistakes by answering them */
  check?(entry: RouteEntry, settings: Settings): Mistake[];
  create(tools: HandlerTools): Middleware;
}

export interface HandlerTools {
  services: Services;
  dialect: Dialect;
  entry: RouteEntry;
}

/** What a middleware file exports, once. */
export interface MiddlewareDefinition {
  name: string;
  description: string;
  /** e.g. `max,minutes[,bucket]`; '' = none */
  parameters: string;
  /** what is checked, in one sentence with the parameters filled in, for `routes explain` */
  explain(parameters: string[]): string;
  refusals: { reason: Reason; status: number }[];
  /** what is wrong with these parameters, or undefined */
  check(parameters: string[], entry: RouteEntry): string | undefined;
  create(parameters: string[], tools: HandlerTools & { handler: HandlerDefinition }): Middleware;
}

/** The words routes.yaml may use. */
export interface Vocabulary {
  handlers: ReadonlyMap<string, HandlerDefinition>;
  middleware: ReadonlyMap<string, MiddlewareDefinition>;
  dialects: ReadonlyMap<string, Dialect>;
}

/** A route that runs. */
export interface BoundRoute {
  entry: RouteEntry;
  handler: HandlerDefinition;
  dialect: Dialect;
  /** its middleware and its handler, composed once */
  run: (ctx: Context) => Answer<unknown>;
  /** the same in the dialect that speaks HTML, for browsers */
  forBrowsers?: BoundRoute;
  /** name of the first input field: form clients read `errors.<field>` only */
  firstField?: string;
  /** authentication providers accepted here */
  authentication: readonly string[];
  /** what its middleware may refuse with */
  refusals: readonly Reason[];
}

export type Match =
  | { kind: 'found'; route: BoundRoute; params: Record<string, string> }
  | { kind: 'wrong-method'; route: BoundRoute; allow: string[] }
  | { kind: 'malformed' }
  | { kind: 'none' };

/** The table in use. Replaced as a whole by a reload; a request keeps the one it started with. */
export interface RouteTable {
  readonly routes: readonly BoundRoute[];
  match(method: string, path: string, where: { host: string; scheme: string }): Match;
}

export interface LoadResult {
  entries: RouteEntry[];
  /** warnings of the lint, same places */
  warnings: Mistake[];
  /** every file that was read, for the watcher */
  files: string[];
}
