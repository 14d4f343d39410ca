import { trace, type Tracer } from '@opentelemetry/api';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Tracing {
  tracer: Tracer;
  /** sends what was not sent yet */
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const sdk = '@opentelemetry/sdk-node';

/**
 * Traces, when the environment names a collector as OpenTelemetry has it. The SDK is the operator's: with all it brings it is
 * larger than this server. One that is loaded already (`node --import …`) is used as it is.
 * @param warn hears why there are no traces
 */
export async function startTracing(
  env: Environment,
  warn: (message: string) => void,
  cwd = process.cwd(),
): Promise<Tracing | undefined> {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  if (isRegistered()) return { tracer: tracer(), close: async () => {} };
  try {
    const { NodeSDK } = (await import(placeOfSdk(cwd))) as { NodeSDK: NodeSdk };
    const running = new NodeSDK({ serviceName: env['OTEL_SERVICE_NAME'] || 'gatehouse', instrumentations: [] });
    running.start();
    return { tracer: tracer(), close: () => running.shutdown().catch(() => {}) };
  } catch (error) {
    if (!/Cannot find (module|package)/.test((error as Error).message)) throw error;
    warn(`OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is traced: install the SDK with npm install ${sdk}`);
    return undefined;
  }
}

type NodeSdk = new (options: object) => { start(): void; shutdown(): Promise<void> };

const tracer = (): Tracer => trace.getTracer('gatehouse');

/** A tracer that only pretends makes spans without an id. */
function isRegistered(): boolean {
  const span = tracer().startSpan('probe');
  span.end();
  return !/^0*$/.test(span.spanContext().traceId);
}

/** Beside this package, or beside the operator's own package.json. */
function placeOfSdk(cwd: string): string {
  const places = [import.meta.url, pathToFileURL(join(cwd, 'package.json')).href];
  for (const place of places) {
    try {
      return pathToFileURL(createRequire(place).resolve(sdk)).href;
    } catch {
      // the next place
    }
  }
  throw new Error(`Cannot find package ${sdk}`);
}
