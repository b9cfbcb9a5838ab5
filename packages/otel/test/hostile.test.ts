/** Tracers, meters and spans that fail, and observers that call back. */
import type { Counter, Span, Tracer } from "@opentelemetry/api";
import { CancelScope } from "@selvage/scope";
import { factsOf, observe } from "@selvage/scope/lowlevel";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { describe, expect, it } from "vitest";
import { instrument } from "../src/index.js";
import { metered, traced, undoing } from "./telemetry.js";

const nothing = async (): Promise<void> => {};

/** A program with every kind of event. Returns what must not change. */
async function program(): Promise<unknown> {
  const supervisor = new Supervisor({ name: "pool", limit: 1, onError: () => {} });
  let runs = 0;
  supervisor.createTask(async () => (++runs === 1 ? Promise.reject(new Error("no")) : "value"), {
    name: "job",
    restart: { when: "on-failure", maxRestarts: 5, within: 60_000, backoff: { initial: 0 } },
  });
  supervisor.createTask(nothing, { name: "second" });
  const group = TaskGroup.run(
    (page) => {
      page.createTask(() => Promise.reject(new AggregateError([new Error("a"), 7])), { name: "failing" });
      page.createTask((scope) => scope.sleep(60_000), { name: "sibling" });
    },
    { name: "page" },
  );
  const outcomes = await Promise.allSettled([CancelScope.run((scope) => supervisor.idle(scope)), group]);
  await supervisor.shutdown();
  return [runs, ...outcomes.map(({ status }) => status)];
}

/** A tracer one of whose calls throws. The calls are counted, so the error is known to occur. */
function throwing(
  tracer: Tracer,
  method: string,
  error: Error,
): { readonly tracer: Tracer; readonly calls: () => number } {
  let calls = 0;
  const fail = (): never => {
    calls++;
    throw error;
  };
  if (method === "startSpan") return { tracer: { startSpan: fail, startActiveSpan: fail }, calls: () => calls };
  const startSpan: Tracer["startSpan"] = (...args) => {
    const span = tracer.startSpan(...args);
    return Object.assign(Object.create(span) as Span, {
      end: () => span.end(),
      spanContext: () => span.spanContext(),
      [method]: fail,
    });
  };
  return { tracer: { startSpan, startActiveSpan: fail }, calls: () => calls };
}

describe("a tracer that throws", () => {
  const methods = [
    "startSpan",
    "setAttribute",
    "setAttributes",
    "setStatus",
    "addEvent",
    "recordException",
    "end",
    "spanContext",
  ];

  it.each(methods)("in %s changes nothing: each error is reported as uncaught (N5)", async (method) => {
    const error = new Error(`no ${method}`);
    const base = traced();
    base.instrumenting[Symbol.dispose]();
    const hostile = throwing(base.tracer, method, error);
    undoing(instrument({ tracer: hostile.tracer }));
    let outcome: unknown;
    const caught = await uncaughtDuring(async () => (outcome = await program()));
    expect(outcome).toEqual([2, "fulfilled", "rejected"]);
    expect(hostile.calls()).toBeGreaterThan(0);
    expect(caught).toEqual(Array(hostile.calls()).fill(error));
    // The SDK reads the context of a parent, so with a broken one it does not start the spans below.
    const isPossible = method !== "startSpan" && method !== "spanContext" && method !== "end";
    if (isPossible) expect(base.spans().length).toBe(8);
  });

  it.each([[undefined], [null], [1], ["span"]])(
    "a tracer that returns %o and not a span is reported, and there is no span (N5)",
    async (value) => {
      undoing(instrument({ tracer: { startSpan: () => value as never, startActiveSpan: undefined as never } }));
      const caught = await uncaughtDuring(() => TaskGroup.run(nothing, { name: "page" }));
      expect(caught).toEqual([new TypeError("The tracer's startSpan() has not returned a span.")]);
    },
  );

  it("a span that is only an object does not affect the program, and its end is attempted (N5)", async () => {
    let ends = 0;
    const span = { end: () => ends++ };
    undoing(instrument({ tracer: { startSpan: () => span as never, startActiveSpan: undefined as never } }));
    let outcome: unknown;
    await uncaughtDuring(async () => (outcome = await program()));
    expect(outcome).toEqual([2, "fulfilled", "rejected"]);
    expect(ends).toBe(8);
  });
});

describe("a meter that throws", () => {
  it.each(["add", "record"])("in %s changes nothing: each error is reported as uncaught (N5)", async (method) => {
    const error = new Error(`no ${method}`);
    let calls = 0;
    const instrumentOf = (): Record<string, () => void> => ({
      add() {},
      record() {},
      [method]: () => {
        calls++;
        throw error;
      },
    });
    const meter = { createCounter: instrumentOf, createUpDownCounter: instrumentOf, createHistogram: instrumentOf };
    const instrumenting = undoing(instrument({ meter: meter as never }));
    let outcome: unknown;
    const caught = await uncaughtDuring(async () => (outcome = await program()));
    expect(outcome).toEqual([2, "fulfilled", "rejected"]);
    expect(calls).toBeGreaterThan(0);
    expect(caught).toEqual(Array(calls).fill(error));
    instrumenting[Symbol.dispose]();
  });

  it("a disposal with a meter that throws is complete (N5)", async () => {
    const { meter, sums } = metered();
    let isBroken = false;
    const wrapped = Object.assign(Object.create(meter) as typeof meter, {
      createUpDownCounter(name: string) {
        const counter = meter.createUpDownCounter(name);
        return {
          add(...args: Parameters<typeof counter.add>) {
            if (isBroken && name.endsWith("queued")) throw new Error("broken");
            counter.add(...args);
          },
        };
      },
    });
    const instrumenting = instrument({ meter: wrapped });
    const group = new TaskGroup({ limit: 1 });
    group.createTask(nothing);
    group.createTask(nothing);
    isBroken = true;
    const caught = await uncaughtDuring(() => instrumenting[Symbol.dispose]());
    await group.join();
    expect(caught).toEqual([new Error("broken")]);
    expect(await sums("live")).toEqual(["live{TaskGroup}: 0", "live{task}: 0"]);
  });
});

describe("code that calls back", () => {
  it("an observer may cancel, close and open scopes in every event: every span ends once, and live returns to 0 (N2, N5)", async () => {
    for (const order of ["before", "after"]) {
      const { meter, sums } = metered();
      let registration: Disposable | undefined;
      let depth = 0;
      const act = (scope: CancelScope): void => {
        if (depth > 0) return;
        depth++;
        try {
          new TaskGroup({ name: "by the observer", parent: null }).scope.close();
          if (factsOf(scope).status === "queued") scope.cancel();
          if (factsOf(scope).kind === "timeout") scope.close();
        } finally {
          depth--;
        }
      };
      const register = (): void =>
        void (registration = observe({
          opened: act,
          started: act,
          cancelled: act,
          failed: act,
          shutdown: act,
          closed: act,
        }));
      if (order === "before") register();
      const { spans } = traced({ meter });
      if (order === "after") register();
      expect(await uncaughtDuring(program)).toEqual([]);
      registration![Symbol.dispose]();
      const ids = spans().map((span) => span.spanContext().spanId);
      expect(new Set(ids).size).toBe(ids.length);
      expect((await sums("live", "queued")).filter((line) => !line.endsWith(": 0"))).toEqual([]);
    }
  });

  it("a tracer may open scopes and create tasks in the same group as it starts a span (N5)", async () => {
    const base = traced();
    base.instrumenting[Symbol.dispose]();
    const groups: TaskGroup[] = [];
    let made = 0;
    undoing(
      instrument({
        tracer: {
          startSpan(...args) {
            if (made++ < 5) groups[0]?.createTask(nothing, { name: `made ${made}` });
            return base.tracer.startSpan(...args);
          },
          startActiveSpan: undefined as never,
        },
      }),
    );
    const group = new TaskGroup({ name: "page" });
    groups.push(group);
    group.createTask(nothing, { name: "task" });
    await group.join();
    expect(base.spans().length).toBe(6);
  });

  it("a tracer or a filter may close the scope: its span ends, and live returns to 0 (N5)", async () => {
    const { meter, sums } = metered();
    const base = traced();
    base.instrumenting[Symbol.dispose]();
    let latest: CancelScope | undefined;
    undoing(observe({ opened: (scope) => (latest = scope) }));
    const startSpan: Tracer["startSpan"] = (...args) => {
      if (latest?.name === "closed by the tracer") latest.close();
      return base.tracer.startSpan(...args);
    };
    const filter = (root: CancelScope): boolean => (root.name === "closed by the filter" && root.close(), true);
    undoing(instrument({ tracer: { startSpan, startActiveSpan: undefined as never }, meter, filter }));
    await TaskGroup.run((group) => void group.createTask(nothing, { name: "closed by the tracer" })).catch(() => {});
    new TaskGroup({ name: "closed by the filter" });
    expect(base.tree()).toEqual(["closed by the tracer", "closed by the filter"]);
    expect((await sums("live")).filter((line) => !line.endsWith(": 0"))).toEqual([]);
  });

  it("a meter may end the instrumentation in any call: live and queued return to 0 (N5)", async () => {
    for (let last = 1, calls = last; calls >= last; last++) {
      calls = 0;
      const values = new Map<string, number>();
      const counter = (name: string): Counter => ({
        add(value) {
          values.set(name, (values.get(name) ?? 0) + value);
          if (++calls === last) instrumenting[Symbol.dispose]();
        },
      });
      const base = metered().meter;
      const createCounter = counter as typeof base.createCounter;
      const createHistogram = base.createHistogram.bind(base);
      const meter = { ...base, createCounter, createUpDownCounter: createCounter, createHistogram };
      const instrumenting = undoing(instrument({ meter }));
      await program();
      instrumenting[Symbol.dispose]();
      expect([last, values.get("selvage.task.live"), values.get("selvage.task.queued") ?? 0]).toEqual([last, 0, 0]);
    }
  });

  it("10,000 tasks with spans end, each once (N5)", async () => {
    const { spans } = traced();
    await TaskGroup.run(
      (group) => {
        for (let i = 0; i < 10_000; i++) group.createTask(nothing, { name: `task ${i}` });
      },
      { name: "page", limit: 100 },
    );
    expect(spans().length).toBe(10_001);
    expect(new Set(spans().map(({ name }) => name)).size).toBe(10_001);
  });
});
