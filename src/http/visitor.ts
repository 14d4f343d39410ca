import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { Device, Services, Visitor } from '../auth/services.js';
import { readDevice } from './device.js';

/** Who is asking, worked out only as far as somebody wants to know. */
export class RequestVisitor implements Visitor {
  readonly requestId: string;
  /** known once the session was looked up */
  actorId: number | undefined;
  readonly #ctx: Context;
  readonly #services: Services;
  readonly #resolve: (request: IncomingMessage) => string;
  #address: string | undefined;
  #device: Device | undefined | null = null;
  #signal: AbortSignal | undefined;

  constructor(ctx: Context, services: Services, requestId: string, resolve: (request: IncomingMessage) => string) {
    this.#ctx = ctx;
    this.#services = services;
    this.#resolve = resolve;
    this.requestId = requestId;
  }

  get address(): string {
    return (this.#address ??= this.#resolve(this.#ctx.req));
  }

  get userAgent(): string {
    return this.#ctx.req.headers['user-agent'] ?? '';
  }

  get device(): Device | undefined {
    if (this.#device === null) this.#device = readDevice(this.#ctx, this.#services);
    return this.#device;
  }

  /** Aborts when the client hangs up before it was answered. */
  get signal(): AbortSignal {
    return (this.#signal ??= hangUpSignal(this.#ctx));
  }
}

function hangUpSignal({ res }: Context): AbortSignal {
  const controller = new AbortController();
  if (res.destroyed) controller.abort();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Plain values for an event that outlives the request. */
export function originOf({ address, userAgent, requestId }: Visitor) {
  return { address, userAgent: userAgent.slice(0, 300), requestId };
}
