import { createWriteStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Meter } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { instrument } from "@selvage/otel";
import { traceTo } from "@selvage/trace";
import type { Config } from "./config.js";

/** What shows the service from outside: metrics for Prometheus, spans, a trace file. */
export interface Telemetry extends AsyncDisposable {
  readonly meter: Meter;
  /** Answers a request of Prometheus. */
  answer(request: IncomingMessage, response: ServerResponse): void;
}

/** Begins to measure. Disposing sends and writes what is left, and does not fail: a collector that is gone must not prevent the exit. */
export function startTelemetry({ collector, traceFile }: Config): Telemetry {
  const resource = resourceFromAttributes({ "service.name": "webhooks" });
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const metrics = new MeterProvider({ resource, readers: [exporter] });
  const meter = metrics.getMeter("webhooks");
  const traces = collector === undefined ? undefined : startTraces(collector, resource);
  const file = traceFile === undefined ? undefined : traceTo(createWriteStream(traceFile), { name: "webhooks" });
  const metricNames = ["accept", "deliver", "poll"];
  const instrumentation = instrument({ tracer: traces?.getTracer("webhooks"), meter, metricNames });
  return {
    meter,
    answer: (request, response) => exporter.getMetricsRequestHandler(request, response),
    async [Symbol.asyncDispose]() {
      instrumentation[Symbol.dispose]();
      await Promise.allSettled([file?.[Symbol.asyncDispose](), traces?.shutdown(), metrics.shutdown()]);
    },
  };
}

/** Begins to send spans. The context of a request follows it through its awaits. */
function startTraces(collector: string, resource: Resource): NodeTracerProvider {
  const exporter = new OTLPTraceExporter({ url: `${collector}/v1/traces`, timeoutMillis: 2_000 });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.register();
  return provider;
}
