import {
  context,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type ContextManager,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Recorded {
  id: string;
  /** id of the span it belongs to */
  parent: string | undefined;
  trace: string;
  name: string;
  attributes: Record<string, unknown>;
  failed: boolean;
  ended: boolean;
}

/** A tracer as an SDK brings one, that keeps its spans. */
export function createRecorder(): { tracer: Tracer; spans: Recorded[] } {
  context.disable();
  context.setGlobalContextManager(new Contexts());
  const spans: Recorded[] = [];
  const startSpan = (name: string, _options?: SpanOptions, within: Context = context.active()): Span => {
    const parent = trace.getSpan(within)?.spanContext();
    const id = (spans.length + 1).toString(16).padStart(16, '0');
    const recorded: Recorded = {
      id,
      parent: parent?.spanId,
      trace: parent?.traceId ?? id.padStart(32, '0'),
      name,
      attributes: {},
      failed: false,
      ended: false,
    };
    spans.push(recorded);
    return spanOf(recorded);
  };
  const startActiveSpan = (name: string, work: (span: Span) => unknown): unknown => {
    const span = startSpan(name);
    return context.with(trace.setSpan(context.active(), span), () => work(span));
  };
  return { tracer: { startSpan, startActiveSpan } as unknown as Tracer, spans };
}

function spanOf(recorded: Recorded): Span {
  const span = {
    spanContext: () => ({ traceId: recorded.trace, spanId: recorded.id, traceFlags: TraceFlags.SAMPLED }),
    updateName: (name: string) => (recorded.name = name),
    setAttributes: (attributes: object) => Object.assign(recorded.attributes, attributes) as unknown,
    setStatus: () => (recorded.failed = true),
    end: () => (recorded.ended = true),
  };
  return span as unknown as Span;
}

class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...parameters: A) => ReturnType<F>>(
    within: Context,
    work: F,
    _self?: unknown,
    ...parameters: A
  ): ReturnType<F> {
    return this.#storage.run(within, () => work(...parameters));
  }
  bind<T>(_within: Context, target: T): T {
    return target;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}
