import { context, propagation, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { Context, Middleware } from 'koa';
import { stateOf } from '../http/state.js';
import type { Stores } from '../stores/contract.js';

/**
 * One span per request, named by its route. Attributes are chosen: neither address nor path nor headers, because a path's
 * parameter may be a secret and a trace goes to people who may not read the log.
 */
export function traceRequests(tracer: Tracer): Middleware {
  return (ctx, next) => {
    const parent = propagation.extract(context.active(), ctx.req.headers);
    const span = tracer.startSpan(ctx.method, { kind: SpanKind.SERVER }, parent);
    const { traceId } = span.spanContext();
    stateOf(ctx).note = { ...stateOf(ctx).note, traceId };
    return context.with(trace.setSpan(parent, span), () => next().finally(() => endRequest(span, ctx)));
  };
}

function endRequest(span: Span, ctx: Context): void {
  const { route, requestId, note } = stateOf(ctx);
  if (route) span.updateName(`${ctx.method} ${route.entry.path}`);
  span.setAttributes({
    'http.request.method': ctx.method,
    'http.route': route?.entry.path ?? '',
    'http.response.status_code': ctx.status,
    'gatehouse.route': route?.entry.name ?? '',
    'gatehouse.request_id': requestId,
    'gatehouse.refused': (note?.['reason'] as string | undefined) ?? '',
  });
  if (ctx.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** The same object, each call of a method within a request being a span. Work beside requests (sweeping, mails) makes none. */
export function traceCalls<T extends object>(tracer: Tracer, name: string, target: T): T {
  const traced = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== 'function') return value;
      if (!traced.has(key)) traced.set(key, tracedCall(tracer, `${name}.${String(key)}`, value.bind(object) as Call));
      return traced.get(key);
    },
  });
}

type Call = (...parameters: unknown[]) => unknown;

function tracedCall(tracer: Tracer, name: string, call: Call): Call {
  return (...parameters) => {
    if (!trace.getActiveSpan()) return call(...parameters);
    return tracer.startActiveSpan(name, (span) => {
      const fail = (error: unknown): never => {
        span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).name });
        span.end();
        throw error;
      };
      try {
        const result = call(...parameters);
        if (result instanceof Promise) return result.finally(() => span.end()).catch(fail);
        span.end();
        return result;
      } catch (error) {
        return fail(error);
      }
    });
  };
}

/** Each question to a store is a span, within transactions too. */
export function traceStores(tracer: Tracer, stores: Stores): Stores {
  const named = <K extends keyof Stores>(name: K): Stores[K] =>
    traceCalls(tracer, name, stores[name] as object) as Stores[K];
  const { counters } = stores;
  return {
    ...stores,
    users: named('users'),
    sessions: named('sessions'),
    links: named('links'),
    outbox: named('outbox'),
    jobs: named('jobs'),
    audit: named('audit'),
    counters: {
      counter: (name, points, seconds) => traceCalls(tracer, 'counter', counters.counter(name, points, seconds)),
      full: (now) => counters.full(now),
      clear: (name, key) => counters.clear(name, key),
      sweep: (now, limit) => counters.sweep(now, limit),
    },
    atomically: (work) => stores.atomically((inner) => work(traceStores(tracer, inner))),
  };
}
