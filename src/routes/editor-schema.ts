import type { JsonSchema, Vocabulary } from './contract.js';
import { entryProperties, importProperties } from './keys.js';
import { symfonyWords } from './typo3.js';

/**
 * What editors need for completion and red lines in a routes file (contract routes-yaml, section 6): every handler,
 * middleware and dialect by name with its description. It is `routes.schema.json` of the package.
 */
export function editorSchema(vocabulary: Vocabulary): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://gatehouse.example/routes.schema.json',
    title: 'Gatehouse routes',
    description: 'Each key is the name of a route.',
    type: 'object',
    patternProperties: { '^when@': { $ref: '#', description: 'Entries for one environment.' } },
    additionalProperties: { $ref: '#/definitions/item' },
    definitions: {
      item: {
        type: 'object',
        ...when({ required: ['resource'] }, definition('import'), {
          ...when({ required: ['handler'] }, definition('entry'), definition('symfony')),
        }),
        // for completion before it is known which of them it becomes
        properties: properties(vocabulary),
      },
      entry: entryDefinition(vocabulary),
      import: importDefinition(vocabulary),
      symfony: symfonyDefinition(),
      handler: choice(vocabulary.handlers.values(), 'A handler of ours'),
      middleware: middlewareChoice(vocabulary),
      dialect: { oneOf: [...vocabulary.dialects.values()].map(named) },
      module: {
        type: 'string',
        pattern: '^\\.{1,2}/[^#]+\\.m?js#[A-Za-z_$][\\w$]*(:.*)?$',
        description: 'Your own code: ./file.js#export, relative to this file.',
      },
    },
  };
}

/** `if`, `then`, `else` of JSON Schema. */
function when(condition: JsonSchema, yes: JsonSchema, no?: JsonSchema): JsonSchema {
  const words: [string, JsonSchema][] = [
    ['if', condition],
    ['then', yes],
    ...(no ? [['else', no] as [string, JsonSchema]] : []),
  ];
  return Object.fromEntries(words);
}

function definition(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

function properties({ handlers }: Vocabulary): Record<string, JsonSchema> {
  const options = Object.assign({}, ...[...handlers.values()].map((handler) => handler.options ?? {})) as Record<
    string,
    JsonSchema
  >;
  const own = Object.fromEntries(Object.keys(options).map((name) => [name, optionOf(name, handlers)]));
  return {
    ...own,
    ...entryProperties,
    handler: {
      ...entryProperties['handler'],
      anyOf: [{ $ref: '#/definitions/handler' }, { $ref: '#/definitions/module' }],
    },
    dialect: { ...entryProperties['dialect'], allOf: [{ $ref: '#/definitions/dialect' }] },
    middleware: { ...entryProperties['middleware'], items: { $ref: '#/definitions/middleware' } },
  };
}

/** One name may mean something to several handlers. */
function optionOf(name: string, handlers: Vocabulary['handlers']): JsonSchema {
  const found = [...handlers.values()].map(({ options }) => options?.[name]).filter((schema) => schema !== undefined);
  const unique = [...new Map(found.map((schema) => [JSON.stringify(schema), schema])).values()];
  return unique.length === 1 ? unique[0]! : { anyOf: unique };
}

function entryDefinition(vocabulary: Vocabulary): JsonSchema {
  return {
    type: 'object',
    required: ['path', 'handler'],
    properties: properties(vocabulary),
    additionalProperties: false,
    allOf: [...vocabulary.handlers.values()].flatMap(({ name, requiredOptions = [] }) => {
      if (requiredOptions.length === 0) return [];
      const isThis = { properties: { handler: { const: name } }, required: ['handler'] };
      return [when(isThis, { required: requiredOptions })];
    }),
  };
}

function importDefinition(vocabulary: Vocabulary): JsonSchema {
  const { path: _, ...defaults } = properties(vocabulary);
  const all = { ...defaults, ...importProperties, type: { const: 'yaml' } };
  return { type: 'object', required: ['resource'], properties: all, additionalProperties: false };
}

/** Symfony's own files: only their keys are known here. */
function symfonyDefinition(): JsonSchema {
  const words = Object.fromEntries([...symfonyWords, 'enabled', 'description', 'dialect'].map((word) => [word, true]));
  return {
    type: 'object',
    anyOf: [{ required: ['controller'] }, { required: ['alias'] }, { required: ['defaults'] }],
    properties: words,
    additionalProperties: false,
  };
}

function choice(definitions: Iterable<{ name: string; description: string }>, title: string): JsonSchema {
  return { title, oneOf: [...definitions].map(named) };
}

function named({ name, description }: { name: string; description: string }): JsonSchema {
  return { const: name, description } as JsonSchema;
}

function middlewareChoice({ middleware }: Vocabulary): JsonSchema {
  const withParameters = [...middleware.values()].filter(({ parameters }) => parameters !== '');
  return {
    anyOf: [
      ...[...middleware.values()].map(named),
      ...withParameters.map(({ name, parameters, description }) => ({
        type: 'string',
        pattern: `^${name}:.+$`,
        description: `${name}:${parameters} – ${description}`,
      })),
      { $ref: '#/definitions/module' },
      { type: 'string', pattern: '\\\\', description: 'A class name of a TYPO3 extension.' },
    ],
  };
}
