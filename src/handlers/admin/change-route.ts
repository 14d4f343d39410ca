import type { Context } from 'koa';
import { changeRoute as decide } from '../../auth/administration.js';
import type { Services } from '../../auth/services.js';
import { Refusal } from '../../errors.js';
import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import type { RouteDesk } from '../../routes/desk.js';
import type { RouteChange } from '../../routes/edit.js';
import { actorOf } from './request.js';

const words = { anyOf: [{ type: 'array', items: { type: 'string', minLength: 1 } }, { type: 'string' }] };
const properties = {
  enabled: { type: 'boolean' },
  methods: { ...words, description: 'a list, or words with commas between them' },
  middleware: { ...words, description: 'a list, or one on each line' },
};

interface Input {
  enabled?: boolean;
  methods?: string[] | string;
  middleware?: string[] | string;
  version: string;
}

export const previewRoute: HandlerDefinition = {
  name: 'admin-preview-route',
  description: 'What a change of a route would do to the file, line by line. Writes nothing.',
  says: 'shown',
  changesState: true,
  input: { type: 'object', properties },
  create({ services, dialect }) {
    const say = dialect.say.shown!;
    const read = inputReader<Input>({ type: 'object', properties });
    return async (ctx) => {
      const desk = writableDesk(services);
      const change = changeOf(await read(ctx, services));
      say(ctx, services, { ...(await desk.preview(nameIn(ctx), change)) });
    };
  },
};

const input = { type: 'object', required: ['version'], properties: { ...properties, version: { type: 'string' } } };

export const changeRoute: HandlerDefinition = {
  name: 'admin-change-route',
  description: 'Switches a route on or off, or changes its methods or middleware, in the file itself.',
  says: 'done',
  changesState: true,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<Input>(input);
    return async (ctx) => {
      writableDesk(services);
      const { by, visitor } = await actorOf(ctx, services);
      const written = await read(ctx, services);
      await decide(services, nameIn(ctx), changeOf(written), written.version, by, visitor);
      say(ctx, services, {});
    };
  },
};

/** Looking at a change checks it beside the file, so that needs the right to write as well. */
function writableDesk({ desk }: Services): RouteDesk {
  if (desk!.readOnly()) throw new Refusal('not-permitted');
  return desk!;
}

function nameIn(ctx: Context): string {
  return (ctx.params as { route: string }).route;
}

function changeOf({ enabled, methods, middleware }: Input): RouteChange {
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(methods === undefined ? {} : { methods: listOf(methods, /[\s,|]+/).map((method) => method.toUpperCase()) }),
    ...(middleware === undefined ? {} : { middleware: listOf(middleware, /\r?\n/) }),
  };
}

function listOf(value: string[] | string, separator: RegExp): string[] {
  const list = typeof value === 'string' ? value.split(separator) : value;
  return list.map((one) => one.trim()).filter((one) => one !== '');
}
