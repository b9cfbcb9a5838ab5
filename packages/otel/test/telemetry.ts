import { context, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { afterEach } from "vitest";
import { instrument, type InstrumentOptions } from "../src/index.js";

/** The real SDK in memory, and the instrumentation of the test. */
export interface Telemetry {
  readonly tracer: Tracer;
  /** The spans that have ended, in the order of their start. */
  readonly spans: () => ReadableSpan[];
  /** The only ended span with a name. */
  readonly span: (name: string) => ReadableSpan;
  /** The ended spans as a tree: two blanks per level, in the order of their start. */
  readonly tree: () => string[];
  readonly instrumenting: Disposable;
}

const disposables: Disposable[] = [];
const providers: NodeTracerProvider[] = [];
afterEach(async () => {
  for (const each of disposables.splice(0)) each[Symbol.dispose]();
  // The exporter answers in a timer, which this waits for.
  await Promise.all(providers.splice(0).map((provider) => provider.forceFlush()));
});

/** Undoes something at the end of the test. */
export function undoing(disposable: Disposable): Disposable {
  disposables.push(disposable);
  return disposable;
}

/** Keeps contexts over `await`, until the end of the test. */
export function withContexts(): void {
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  undoing({
    [Symbol.dispose]() {
      context.disable();
    },
  });
}

/** Instruments with a real tracer until the end of the test. */
export function traced(options: InstrumentOptions = {}): Telemetry {
  withContexts();
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  providers.push(provider);
  const tracer = provider.getTracer("test");
  const instrumenting = undoing(instrument({ tracer, ...options }));
  const spans = (): ReadableSpan[] => startOrder(exporter.getFinishedSpans());
  return {
    tracer,
    spans,
    span: (name) => {
      const found = spans().filter((span) => span.name === name);
      if (found.length !== 1) throw new Error(`${found.length} spans have the name ${name}`);
      return found[0]!;
    },
    tree: () => treeOf(spans()),
    instrumenting,
  };
}

/** Sorts by the number that `instrument` gives to scopes, which is also the order of the start; spans of users come last. */
function startOrder(spans: readonly ReadableSpan[]): ReadableSpan[] {
  const order = (span: ReadableSpan): number => Number(span.attributes["selvage.id"] ?? Infinity);
  return [...spans].sort((one, other) => (order(one) === order(other) ? 0 : order(one) - order(other)));
}

function treeOf(spans: readonly ReadableSpan[]): string[] {
  const lines: string[] = [];
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const print = (parent: string | undefined, indent: string): void => {
    for (const span of spans) {
      const above = span.parentSpanContext?.spanId;
      if ((above !== undefined && ids.has(above) ? above : undefined) !== parent) continue;
      lines.push(indent + span.name);
      print(span.spanContext().spanId, `${indent}  `);
    }
  };
  print(undefined, "");
  return lines;
}

/** The status as text, with the message. */
export function statusOf({ status }: ReadableSpan): string {
  return status.message === undefined
    ? SpanStatusCode[status.code]
    : `${SpanStatusCode[status.code]}: ${status.message}`;
}

/** The events as text, in order: the name, and the values of the attributes. Stack traces are left out. */
export function eventsOf({ events }: ReadableSpan): string[] {
  return events.map(({ name, attributes = {} }) =>
    [
      name,
      ...Object.entries(attributes)
        .filter(([key]) => key !== "exception.stacktrace")
        .map(([, value]) => String(value)),
    ].join(" "),
  );
}

/** Runs a function with a span of the user's that is active. */
export function inSpan<T>(tracer: Tracer, name: string, fn: () => T): T {
  const span = tracer.startSpan(name);
  try {
    return context.with(trace.setSpan(context.active(), span), fn);
  } finally {
    span.end();
  }
}

class ManualReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** A real meter, and its sums as text. */
export interface Metered {
  readonly meter: NonNullable<InstrumentOptions["meter"]>;
  /** Each sum that is not 0, or of the named metrics each sum: `live{task}: 2`, `live{task,load}: 2`. Sorted. */
  readonly sums: (...names: string[]) => Promise<string[]>;
  /** The measurements of the time to quiescence: kind, count and sum in seconds. */
  readonly durations: () => Promise<string[]>;
}

export function metered(): Metered {
  const reader = new ManualReader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
  const points = async (): Promise<{ name: string; key: string; value: unknown }[]> => {
    const { resourceMetrics, errors } = await reader.collect();
    if (errors.length > 0) throw new AggregateError(errors);
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({
          name: descriptor.name,
          key: Object.values(attributes).join(","),
          value: value,
        })),
      ),
    );
  };
  return {
    meter,
    async sums(...names) {
      return (await points())
        .map(({ name, key, value }) => ({ name: name.replace("selvage.task.", ""), key, value }))
        .filter(
          ({ name, value }) => typeof value === "number" && (names.length === 0 ? value !== 0 : names.includes(name)),
        )
        .map(({ name, key, value }) => `${name}{${key}}: ${String(value)}`)
        .sort();
    },
    async durations() {
      return (await points())
        .filter(({ name }) => name === "selvage.cancel.duration")
        .map(({ key, value }) => {
          const { count, sum } = value as { count: number; sum: number };
          return `${key}: ${count}, ${sum} s`;
        })
        .sort();
    },
  };
}

/** A value that fails in every way when it is read. */
export function hostileValues(): unknown[] {
  const throwing = (): never => {
    throw new Error("hostile");
  };
  const getters = Object.defineProperties(new Error("plain"), {
    stack: { get: throwing }, // first, because V8 reads the others for it
    name: { get: throwing },
    message: { get: throwing },
    cause: { get: throwing },
  });
  const handler = new Proxy({}, { get: () => throwing });
  const cyclic: Error & { errors?: unknown[] } = new AggregateError([], "cycle");
  cyclic.errors = [cyclic, [cyclic]];
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  return [
    undefined, null, 0, NaN, 1n, true, "text", "\ud800\n\u001b[31m", Symbol("sign"), {}, [], () => {}, Object.create(null),
    getters, new Proxy({}, handler), revoked, cyclic, { toString: throwing, [Symbol.toPrimitive]: throwing },
    Object.assign(new Error("m"), { name: 42, stack: null }), "x".repeat(1_000_000),
  ]; // prettier-ignore
}
