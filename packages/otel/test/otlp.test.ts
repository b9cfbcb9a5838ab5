/** What a collector receives: real exporters, over real HTTP, on loopback. */
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { type OtlpCollector, type ReceivedSpan, startCollector } from "@selvage/test-support/otlp-collector";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { instrument } from "../src/index.js";
import { hostileValues, withContexts } from "./telemetry.js";

/** Runs a program that is instrumented, and returns what the collector has received when everything is exported. */
async function exported(program: () => Promise<unknown>): Promise<OtlpCollector> {
  withContexts();
  const collector = await startCollector();
  const resource = resourceFromAttributes({ "service.name": "shop" });
  const tracing = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${collector.url}/v1/traces` }))],
  });
  const exporter = new OTLPMetricExporter({ url: `${collector.url}/v1/metrics` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const metering = new MeterProvider({ resource, readers: [reader] });
  const instrumenting = instrument({ tracer: tracing.getTracer("shop"), meter: metering.getMeter("shop") });
  try {
    await program();
  } finally {
    instrumenting[Symbol.dispose]();
    await Promise.all([tracing.shutdown(), metering.shutdown()]);
    await collector[Symbol.asyncDispose]();
  }
  return collector;
}

describe("an export over OTLP", () => {
  it("has the spans with their parents, status, exception and cancellation (N5)", async () => {
    const collector = await exported(() =>
      TaskGroup.run(
        (group) => {
          group.createTask(() => Promise.reject(new TypeError("no such user")), { name: "load user" });
          group.createTask((scope) => scope.sleep(60_000), { name: "load cart" });
        },
        { name: "page" },
      ).catch(() => {}),
    );
    const spans = collector.spans();
    expect(spans.map(({ name }) => name)).toEqual(["page", "load user", "load cart"]);
    const [page, user, cart] = spans as [ReceivedSpan, ReceivedSpan, ReceivedSpan];
    expect(spans.map(({ traceId }) => traceId)).toEqual(Array(3).fill(page.traceId));
    expect([page.parentSpanId ?? "", user.parentSpanId, cart.parentSpanId]).toEqual(["", page.spanId, page.spanId]);
    expect(user.status).toEqual({ code: 2, message: "no such user" });
    expect(user.attributes).toMatchObject({ "selvage.kind": "task", "error.type": "TypeError" });
    expect(user.events[0]).toMatchObject({
      name: "exception",
      attributes: { "exception.type": "TypeError", "exception.message": "no such user" },
    });
    expect(cart.status.code ?? 0).toBe(0);
    expect(cart.attributes).toMatchObject({
      "selvage.status": "cancelled",
      "selvage.cancelled.by": 'TaskGroup "page"',
      "selvage.cancelled.reason": "TypeError: no such user",
    });
    expect(page.status.code).toBe(2);
  });

  it("has the links of a restarted task and the phases of a shutdown (N5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const collector = await exported(async () => {
      const pool = new Supervisor({ name: "pool", clock, onError: () => {} });
      let runs = 0;
      pool.createTask(
        async (scope: CancelScope) => {
          if (++runs === 1) throw new Error("no database");
          await scope.sleep(60_000);
        },
        { name: "poll", restart: { when: "on-failure", maxRestarts: 5, within: 60_000 } },
      );
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(10);
      await pool.shutdown({ reason: "SIGTERM" });
    });
    const named = (name: string): ReceivedSpan[] => collector.spans().filter((span) => span.name === name);
    const [first, second] = named("poll run") as [ReceivedSpan, ReceivedSpan];
    expect(second.links.map(({ spanId }) => spanId)).toEqual([first.spanId]);
    expect(first.parentSpanId).toBe(named("poll")[0]!.spanId);
    const phases = named("pool")[0]!.events.filter(({ name }) => name === "selvage.shutdown");
    expect(phases.map(({ attributes }) => attributes["selvage.shutdown.phase"])).toEqual([
      "begun",
      "stage",
      "cancelled",
      "over",
    ]);
  });

  it("has the metrics with their units, and live is 0 at the end (N5)", async () => {
    const collector = await exported(() =>
      TaskGroup.run((group) => {
        for (let i = 0; i < 3; i++) group.createTask(async () => {});
        group.createTask((scope) => scope.sleep(60_000)).cancel();
      }),
    );
    const of = (metric: string, kind: string): unknown =>
      collector.points().find((point) => point.metric === metric && point.attributes["selvage.kind"] === kind)?.value;
    expect(of("selvage.task.started", "task")).toBe(4);
    expect(of("selvage.task.completed", "task")).toBe(3);
    expect(of("selvage.task.cancelled", "task")).toBe(1);
    expect(of("selvage.task.live", "task")).toBe(0);
    expect(of("selvage.cancel.duration", "task")).toBe(1);
    expect(collector.points().find(({ metric }) => metric === "selvage.cancel.duration")!.unit).toBe("s");
  });

  it("arrives whole, whatever the names, the errors and the reasons are (N5)", async () => {
    const values = hostileValues();
    const collector = await exported(async () => {
      for (const value of values) {
        await TaskGroup.run(
          (group) => {
            group.createTask(() => Promise.reject(value as Error), { name: "\ud800 \n \u0000" });
            group.cancel(value);
          },
          { name: "page" },
        ).catch(() => {});
      }
    });
    expect(collector.spans().length).toBe(2 * values.length);
    expect(collector.spans().at(-1)!.name).toBe("\\ud800 \\n \\x00");
  });
});
