import { metrics, trace } from "@opentelemetry/api";
import { CancelScope } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import { TaskGroup } from "@selvage/task-group";
import { settled } from "@selvage/testing";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { instrument, type InstrumentOptions } from "../src/index.js";
import { metered, traced, undoing, withContexts } from "./telemetry.js";

const nothing = async (): Promise<void> => {};

describe("the options of instrument", () => {
  it("with a tracer only there are spans only, and with a meter only there are metrics only (N5)", async () => {
    const { meter, sums } = metered();
    const { tree, instrumenting } = traced();
    await TaskGroup.run(nothing, { name: "traced" });
    instrumenting[Symbol.dispose]();
    undoing(instrument({ meter }));
    await TaskGroup.run(nothing, { name: "metered" });
    expect(tree()).toEqual(["traced"]);
    expect(await sums("completed")).toEqual(["completed{TaskGroup}: 1"]);
  });

  it("with neither, the global tracer and meter are used, under the name of the package (N5)", () => {
    const names: string[] = [];
    const noteName = (what: string, noop: unknown) => (name: string) => (names.push(`${what} ${name}`), noop as never);
    trace.setGlobalTracerProvider({ getTracer: noteName("tracer", { startSpan() {} }) });
    metrics.setGlobalMeterProvider({ getMeter: noteName("meter", metered().meter) });
    try {
      undoing(instrument());
      undoing(instrument({ tracer: undefined, meter: undefined }));
    } finally {
      trace.disable();
      metrics.disable();
    }
    expect(names.filter((name) => name.startsWith("meter"))).toEqual(["meter @selvage/otel", "meter @selvage/otel"]);
  });

  it("with neither, and without an SDK, nothing is recorded and the program is unaffected (N5)", async () => {
    undoing(instrument());
    expect(await uncaughtDuring(() => TaskGroup.run(nothing, { name: "page" }))).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["options that are not an object", 1, "The options must be an object, got 1."],
    ["options that are a scope", new CancelScope(), "The options must be an object, got a CancelScope."],
    ["a tracer that is not one", { tracer: "jaeger" }, 'tracer must be a Tracer, got "jaeger".'],
    ["a tracer without startSpan", { tracer: {} }, "tracer.startSpan must be a function, got undefined."],
    ["a tracer that is null", { tracer: null }, "tracer must be a Tracer, got null."],
    ["a meter that is not one", { meter: 1 }, "meter must be a Meter, got 1."],
    [
      "a meter without a method",
      { meter: { createCounter() {} } },
      "meter.createUpDownCounter must be a function, got undefined.",
    ],
    ["a filter that is not a function", { filter: true }, "filter must be a function, got true."],
    ["another value of spans", { spans: "some" }, 'spans must be "named" or "all", got "some".'],
    ["metricNames that are a string", { metricNames: "load" }, 'metricNames must be an array of strings, got "load".'],
    [
      "a metric name that is not a string",
      { metricNames: [/load/] },
      "A name in metricNames must be a string, got an object.",
    ],
  ])("%s are a TypeError, before anything is observed (N5)", (_, options, message) => {
    expect(() => instrument(options as InstrumentOptions)).toThrow(new TypeError(message));
  });

  it("an error that the meter throws as the instruments are made passes, and nothing is observed (N5)", async () => {
    const { tracer, tree } = traced();
    const meter = { ...metered().meter, createCounter: () => { throw new Error("no counter"); } }; // prettier-ignore
    const wrong = Object.assign(Object.create(metered().meter) as object, meter);
    expect(() => instrument({ tracer, meter: wrong })).toThrow("no counter");
    await TaskGroup.run(nothing, { name: "page" });
    expect(tree()).toEqual(["page"]); // one span, of the first instrumentation
  });

  it("metricNames are copied (N5)", async () => {
    const { meter, sums } = metered();
    const metricNames = ["page"];
    undoing(instrument({ meter, metricNames }));
    metricNames.push("other");
    for (const name of ["page", "other"]) await TaskGroup.run(nothing, { name });
    expect(await sums("completed")).toEqual(["completed{TaskGroup,page}: 1", "completed{TaskGroup}: 1"]);
  });

  it("all are optional (N5)", () => {
    expectTypeOf(instrument).parameter(0).toEqualTypeOf<InstrumentOptions | undefined>();
    expectTypeOf(instrument).returns.toEqualTypeOf<Disposable>();
    expectTypeOf<Required<InstrumentOptions>["filter"]>().toEqualTypeOf<((root: CancelScope) => boolean) | undefined>();
  });
});

describe("the filter", () => {
  it("is called once per root, and decides about the spans and the metrics of its tree (N5)", async () => {
    const { meter, sums } = metered();
    const roots: string[] = [];
    const filter = (root: CancelScope): boolean => (roots.push(root.name!), root.name !== "health check");
    const { tree } = traced({ meter, filter });
    for (const name of ["page", "health check"]) {
      await TaskGroup.run(
        (group) => {
          for (let i = 0; i < 3; i++) {
            group.createTask((scope) => TaskGroup.run(nothing, { name: "inner", parent: scope }), { name: "load" });
          }
        },
        { name },
      );
    }
    expect(roots).toEqual(["page", "health check"]);
    expect(tree()).toEqual(["page", ...Array<string[]>(3).fill(["  load", "    inner"]).flat()]);
    expect(await sums("completed", "live")).toEqual([
      "completed{TaskGroup}: 4",
      "completed{task}: 3",
      "live{TaskGroup}: 0",
      "live{task}: 0",
    ]);
  });

  it("leaves the active span as it is in a tree that it excludes (N5)", async () => {
    const { tracer } = traced({ filter: () => false });
    const seen: unknown[] = [];
    const group = new TaskGroup({ name: "page" });
    tracer.startActiveSpan("request", (span) => {
      group.createTask(() => void seen.push(trace.getActiveSpan() === span), { name: "load" });
      span.end();
    });
    await group.join();
    expect(seen).toEqual([true]);
  });

  it("is called for each scope below a signal, and not for the signal (N5)", async () => {
    const roots: unknown[] = [];
    const { tree } = traced({ filter: (root) => (roots.push(root.name), root.name !== "two") });
    const { signal } = new AbortController();
    for (const name of ["one", "two", "three"]) await TaskGroup.run(nothing, { name, parent: signal });
    expect(roots).toEqual(["one", "two", "three"]);
    expect(tree()).toEqual(["one", "three"]);
  });

  it("is called for the root of a tree that was open before, when something is opened in it (N5)", async () => {
    const before = new TaskGroup({ name: "before" });
    const roots: unknown[] = [];
    const { meter, sums } = metered();
    const { tree } = traced({ meter, filter: (root) => (roots.push(root.name), false) });
    before.createTask(nothing, { name: "one" });
    before.createTask(nothing, { name: "two" });
    await before.join();
    expect([roots, tree(), await sums()]).toEqual([["before"], [], []]);
  });

  it("that throws is reported once per root, and the tree is recorded (N5)", async () => {
    const { meter, sums } = metered();
    const error = new Error("broken");
    const { tree } = traced({
      meter,
      filter: () => {
        throw error;
      },
    });
    const run = (): Promise<unknown> =>
      TaskGroup.run((group) => void group.createTask(nothing, { name: "load" }), { name: "page" });
    expect(await uncaughtDuring(run)).toEqual([error]);
    expect(tree()).toEqual(["page", "  load"]);
    expect(await sums("completed")).toEqual(["completed{TaskGroup}: 1", "completed{task}: 1"]);
  });

  it("may open and cancel scopes, also below the root that it decides about (N5)", async () => {
    let calls = 0;
    const { tree } = traced({
      meter: metered().meter,
      filter(root) {
        if (++calls > 10) throw new Error("endless");
        new TaskGroup({ parent: root, name: "inside" }).scope.close(); // is not recorded, because nothing is decided yet
        if (root.name !== "helper") new TaskGroup({ name: "helper", parent: null }).scope.close();
        root.cancel();
        return true;
      },
    });
    await TaskGroup.run(nothing, { name: "page" });
    expect(calls).toBe(2);
    expect(tree().sort()).toEqual(["helper", "page"]);
  });
});

describe("the disposal", () => {
  it("ends the instrumentation: open spans end without a status, and what is live no longer counts (N5)", async () => {
    const { meter, sums } = metered();
    const { tree, spans, instrumenting } = traced({ meter });
    const group = new TaskGroup({ name: "page", limit: 1 });
    group.createTask((scope) => scope.sleep(60_000), { name: "load" });
    group.createTask(nothing, { name: "queued" });
    instrumenting[Symbol.dispose]();
    expect(tree()).toEqual(["page", "  load", "  queued"]);
    for (const { attributes, status, ended } of spans()) {
      expect([attributes["selvage.status"], status.code, ended]).toEqual([undefined, 0, true]);
    }
    expect(await sums("live", "queued")).toEqual(["live{TaskGroup}: 0", "live{task}: 0", "queued{task}: 0"]);
    group.cancel();
    await group.join();
    await TaskGroup.run(nothing, { name: "later" });
    expect(tree().length).toBe(3);
    expect(await sums()).toEqual(["started{task}: 1"]);
  });

  it("may be repeated (N5)", async () => {
    const { meter, sums } = metered();
    const { tree, instrumenting } = traced({ meter });
    const group = new TaskGroup({ name: "page" });
    for (let i = 0; i < 3; i++) instrumenting[Symbol.dispose]();
    await group.join();
    expect([tree(), await sums("live")]).toEqual([["page"], ["live{TaskGroup}: 0"]]);
  });

  it("by an observer just before a body is called leaves the context as it is (N5)", async () => {
    const made: Disposable[] = [];
    undoing(observe({ run: (_, fn) => (made[0]?.[Symbol.dispose](), fn()) }));
    made.push(traced().instrumenting);
    const seen = await TaskGroup.run(() => trace.getActiveSpan(), { name: "page" });
    expect(seen).toBeUndefined();
  });

  it("of one instrumentation leaves the other one (N1, N5)", async () => {
    const first = traced();
    const second = traced();
    first.instrumenting[Symbol.dispose]();
    await TaskGroup.run(nothing, { name: "page" });
    expect([first.tree(), second.tree()]).toEqual([[], ["page"]]);
  });

  it("may come in the middle of any call: from the filter, the tracer, the meter, a body, or another observer (N5)", async () => {
    withContexts();
    const places = ["filter", "startSpan", "add", "body", "opened", "started", "closed", "run"] as const;
    for (const place of places) {
      const { meter, sums } = metered();
      const made: Disposable[] = [];
      const end = (where: string): void => {
        if (where === place) made[0]?.[Symbol.dispose]();
      };
      const observing = observe({
        opened: () => end("opened"),
        started: () => end("started"),
        closed: () => end("closed"),
        run: (_, fn) => (end("run"), fn()),
      });
      const inner = traced();
      inner.instrumenting[Symbol.dispose]();
      const wrapped = Object.assign(Object.create(meter) as typeof meter, {
        createUpDownCounter: (...args: Parameters<typeof meter.createUpDownCounter>) => {
          const counter = meter.createUpDownCounter(...args);
          return { add: (...values: Parameters<typeof counter.add>) => (counter.add(...values), end("add")) };
        },
      });
      made.push(
        instrument({
          meter: wrapped,
          tracer: {
            startSpan: (...args) => {
              const span = inner.tracer.startSpan(...args);
              end("startSpan");
              return span;
            },
            startActiveSpan: undefined as never,
          },
          filter: () => (end("filter"), true),
        }),
      );
      undoing(made[0]!);
      const caught = await uncaughtDuring(() =>
        TaskGroup.run(
          async (group) => {
            end("body");
            group.createTask(nothing, { name: "load" });
            await settled();
          },
          { name: "page" },
        ),
      );
      observing[Symbol.dispose]();
      expect(caught).toEqual([]);
      expect((await sums("live")).every((line) => line.endsWith(": 0"))).toBe(true);
      for (const span of inner.spans()) expect(span.ended).toBe(true);
    }
  });
});
