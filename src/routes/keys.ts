import type { JsonSchema } from './contract.js';

/** What each key of an entry may hold. The editors' schema (editor-schema.ts) is made from this too. */
export const entryProperties: Record<string, JsonSchema> = {
  path: { type: 'string', description: 'Path of the endpoint: /users/{id<\\d+>}/{page?1}' },
  methods: {
    ...oneOrMany('a method or a list of methods'),
    description: 'GET, POST … one, a list, or GET|POST. HEAD comes with GET. Absent: GET.',
  },
  handler: { type: 'string', minLength: 1, description: 'What answers: a name, or ./file.js#export' },
  dialect: { type: 'string', minLength: 1, description: 'Who is answered: bodies, statuses and limits follow it.' },
  middleware: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    description: 'What is checked before, in order: name, or name:parameters, or ./file.js#export',
  },
  requirements: {
    type: 'object',
    additionalProperties: { type: ['string', 'number'] },
    description: 'A regex for a path parameter; anchored at both ends.',
  },
  defaults: {
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
    description: 'Values of optional path parameters; other names are query parameters with their default.',
  },
  query: { type: 'object', description: 'JSON Schema of the query.' },
  body: { type: 'object', description: 'JSON Schema of the body, checked before the handler.' },
  schemes: { ...oneOrMany('http, https or both'), description: 'Where it may be called: http, https.' },
  host: {
    ...oneOrMany('a host or a list of hosts'),
    description: 'Host names that are served; another is "not found".',
  },
  formats: { ...oneOrMany('a format or a list of formats'), description: 'Formats the dialect may answer in.' },
  authentication: {
    type: 'array',
    items: { enum: ['cookie', 'basic', 'bearer'] },
    uniqueItems: true,
    description: 'How somebody may say who they are here. Absent: as configured.',
  },
  redirect: { type: 'string', minLength: 1, description: 'Overrides the target the dialect redirects to.' },
  enabled: { type: 'boolean', description: 'false keeps the entry and answers 404.' },
  description: { type: 'string', description: 'Goes into the API document and the list of routes.' },
};

/** What may stand beside `resource`, besides every key above as a default for the imported entries. */
export const importProperties: Record<string, JsonSchema> = {
  resource: { type: 'string', minLength: 1, description: 'Another routes file, or a pattern: ./api/*.yaml' },
  prefix: { type: 'string', description: 'Stands before each path of the imported file.' },
  name_prefix: { type: 'string', description: 'Stands before each name of the imported file.' },
  trailing_slash_on_root: {
    type: 'boolean',
    description: 'false: the path "/" below the prefix is the prefix itself.',
  },
  exclude: { ...oneOrMany('a file or a list of files'), description: 'Files that the pattern does not mean.' },
};

function oneOrMany(title: string): JsonSchema {
  return { title, anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
}
