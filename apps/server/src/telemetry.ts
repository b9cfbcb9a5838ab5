import type { IncomingMessage, ServerResponse } from "node:http";
import type { Meter } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { Config } from "./config.js";

/** What shows the service from outside: metrics for Prometheus, spans, a trace file. */
export interface Telemetry {
  readonly meter: Meter;
  /** Answers a request of Prometheus. */
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** Sends and writes what is left. */
  close(): Promise<void>;
}

/** Begins to measure. */
export function startTelemetry(_config: Config): Telemetry {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const metrics = new MeterProvider({ readers: [exporter] });
  return {
    meter: metrics.getMeter("webhooks"),
    answer: (request, response) => exporter.getMetricsRequestHandler(request, response),
    close: () => metrics.shutdown(),
  };
}
