import { context, type Span, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { type Clock, CancelScope } from "@selvage/scope";
import { startCollector } from "@selvage/test-support/otlp-collector";
import { waterfall } from "@selvage/test-support/waterfall";

/**
 * Runs work with a tracer of the real SDK, which exports over HTTP to a collector on this machine. Returns what the collector has when the work has
 * ended, drawn as Jaeger draws it.
 */
export async function collected(
  clock: Clock | undefined,
  work: (tracer: Tracer) => Promise<unknown>,
): Promise<string[]> {
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  await using collector = await startCollector();
  const exporter = new OTLPTraceExporter({ url: `${collector.url}/v1/traces` });
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  try {
    await work(timedBy(clock, provider.getTracer("shop")));
    await provider.forceFlush();
    return waterfall(collector.spans());
  } finally {
    await provider.shutdown();
    context.disable();
  }
}

/** Takes the times of spans from a clock, so that a test decides about them. A program does not need this. */
function timedBy(clock: Clock | undefined, tracer: Tracer): Tracer {
  const now = (): number => {
    using scope = new CancelScope({ parent: null, clock });
    return START + scope.clock.now();
  };
  return {
    startSpan(name, options, parent) {
      const span = tracer.startSpan(name, { ...options, startTime: now() }, parent);
      const end = span.end.bind(span);
      return Object.assign(span, { end: () => end(now()) } satisfies Partial<Span>);
    },
    startActiveSpan: undefined as never, // it is not used
  };
}

/** A time since 1970 in milliseconds, because clocks start at zero. */
const START = Date.UTC(2026, 0, 1);
