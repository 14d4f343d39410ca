import type { Dialect, Policy } from '../../src/dialects/dialect.js';
import { Refusal } from '../../src/errors.js';
import type { HandlerDefinition, MiddlewareDefinition, Vocabulary } from '../../src/routes/contract.js';

/** A small vocabulary of real definitions, for tests of the routes alone: it needs no user, session or store. */

const echo: HandlerDefinition = {
  name: 'echo',
  description: 'Answers the parameters and the input it got.',
  changesState: false,
  private: false,
  create: () => (ctx) => {
    ctx.body = { params: ctx.params as unknown, input: ctx.state['input'] as unknown };
    return Promise.resolve();
  },
};

const change: HandlerDefinition = {
  ...echo,
  name: 'change',
  description: 'Pretends to change something.',
  changesState: true,
};

const open: MiddlewareDefinition = {
  name: 'open',
  description: 'Lets everybody through.',
  parameters: '',
  explain: () => 'everybody may pass',
  refusals: [],
  check: (parameters) => (parameters.length > 0 ? 'open takes no parameters' : undefined),
  create: () => (_ctx, next) => next(),
};

const closed: MiddlewareDefinition = {
  ...open,
  name: 'closed',
  description: 'Lets nobody through.',
  refusals: [{ reason: 'not-permitted', status: 403 }],
  create: () => () => {
    throw new Refusal('not-permitted');
  },
};

function dialect(name: string, matching: Dialect['matching']): Dialect {
  return {
    name,
    description: `The dialect ${name}.`,
    matching,
    readBody: () => Promise.resolve({ value: {}, from: 'json' as const }),
    hear: {},
    say: {},
    refuse: (ctx, { reason }) => {
      ctx.status = 400;
      ctx.body = { reason };
    },
    problemText: ({ code }) => code,
    policy: () => ({ login: { flood: undefined } }) as Policy,
    csrfToken: () => undefined,
    optionsStatus: 204,
    formats: { json: 'application/json' },
  };
}

function byName<T extends { name: string }>(...list: T[]): ReadonlyMap<string, T> {
  return new Map(list.map((item) => [item.name, item]));
}

export const smallVocabulary: Vocabulary = {
  handlers: byName(echo, change),
  middleware: byName(open, closed),
  dialects: byName(
    dialect('typo3', { sensitive: true, strict: true }),
    dialect('folding', { sensitive: false, strict: false }),
  ),
};

/** For routes that declare no input. */
export const noBody = (): Promise<{ value: Record<string, unknown>; from: 'json' }> =>
  Promise.resolve({ value: {}, from: 'json' });
