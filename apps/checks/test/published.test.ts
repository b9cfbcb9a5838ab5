import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root } from "../src/repository.js";

/** Runs a program with the packages as they are published: bundled, minified, with internal names mangled. */
function run(program: string): string {
  const flags = ["--conditions=@selvage/published", "--input-type=module", "--eval", program];
  return execFileSync(process.execPath, flags, { cwd: `${root}/apps/checks`, encoding: "utf8" });
}

describe("the published packages", () => {
  it("a package and the core use the same mangled names: a timeout has its label (N4, D2)", () => {
    const output = run(`
      import { observe, factsOf } from "@selvage/scope/lowlevel";
      import { timeout } from "@selvage/timeout";

      const ends = [];
      observe({ closed: (scope, { status }) => ends.push([factsOf(scope).kind, status]) });
      await timeout(1_000, () => {});
      const clock = { now: () => 0, clearTimer() {}, setTimer() { throw new Error("no timer"); } };
      try {
        await timeout(10, () => {}, { clock });
      } catch {}
      console.log(JSON.stringify(ends));
    `);
    expect(JSON.parse(output)).toEqual([
      ["timeout", "fulfilled"],
      ["timeout", "rejected"],
    ]);
  });

  it("observers and ambient scopes compose: a task knows its scope, and its events come in order (N2, N3)", () => {
    const output = run(`
      import { currentScope } from "@selvage/scope/ambient";
      import { observe, factsOf } from "@selvage/scope/lowlevel";
      import { TaskGroup } from "@selvage/task-group";

      const events = [];
      const note = (event) => (scope, end) => events.push([event, factsOf(scope).kind, end?.status].join(" ").trim());
      observe({ opened: note("opened"), started: note("started"), closed: note("closed"), run: (scope, fn) => fn() });
      await TaskGroup.run((group) => {
        group.createTask(async (scope) => {
          await scope.sleep(1);
          events.push(currentScope() === scope);
        });
      });
      console.log(JSON.stringify(events));
    `);
    expect(JSON.parse(output)).toEqual([
      "opened TaskGroup",
      "started TaskGroup",
      "opened task",
      "started task",
      true,
      "closed task fulfilled",
      "closed TaskGroup fulfilled",
    ]);
  });

  it("semaphores, retries and flights work as published: their names agree with those of the core (M8, M9, M10, B2, F3)", () => {
    const output = run(`
      import { Flights } from "@selvage/flight";
      import { retry } from "@selvage/retry";
      import { describeTree } from "@selvage/scope/debug";
      import { CancelScope, Mutex, Semaphore } from "@selvage/semaphore";
      import { map } from "@selvage/task-group";

      const log = [];
      const semaphore = new Semaphore(2, { name: "shared" });
      log.push(await map([1, 2, 3], (n) => n * 2, { limit: semaphore }), semaphore.free);
      await CancelScope.run(async (scope) => {
        const permit = await semaphore.acquire(scope, 2);
        const wait = semaphore.acquire(scope);
        log.push(describeTree(scope));
        permit.release();
        (await wait).release();
      });
      const mutex = new Mutex();
      const scope = new CancelScope();
      log.push(await mutex.run(scope, (own) => mutex.run(own, () => {})).catch(({ name }) => name));
      log.push(await retry((_, attempt) => (attempt === 2 ? attempt : Promise.reject(1)), { backoff: { initial: 0 } }));
      const flights = new Flights();
      const caller = new CancelScope();
      const left = flights.get(caller, "a", (_, own) => own.sleep(60_000));
      caller.cancel();
      log.push(await left.catch((error) => error === caller.reason));
      console.log(JSON.stringify(log));
    `);
    expect(JSON.parse(output)).toEqual([
      [2, 4, 6],
      2,
      'scope: live, waits for semaphore "shared", holds 2 permits of semaphore "shared"',
      "InvalidStateError",
      2,
      true,
    ]);
  });

  it("spans and metrics are made of the published packages, whose labels have mangled names (N5, D2)", () => {
    const output = run(`
      import { context, trace } from "@opentelemetry/api";
      import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
      import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
      import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
      import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
      import { instrument } from "@selvage/otel";
      import { Supervisor } from "@selvage/supervisor";
      import { map, TaskGroup } from "@selvage/task-group";
      import { timeout } from "@selvage/timeout";

      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
      const exporter = new InMemorySpanExporter();
      const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
      class Reader extends MetricReader { async onShutdown() {} async onForceFlush() {} }
      const reader = new Reader();
      const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
      const tracer = provider.getTracer("test");
      const instrumenting = instrument({ tracer, meter, metricNames: ["poll"] });
      let runs = 0;
      const pool = new Supervisor({ name: "pool", onError: () => {} });
      pool.createTask(async () => { if (++runs === 1) throw new Error("no"); }, {
        name: "poll", restart: { when: "on-failure", maxRestarts: 2, within: 1_000, backoff: { initial: 0 } },
      });
      await pool.join();
      await TaskGroup.run(async (page) => {
        page.createTask(async (scope) => { await scope.sleep(1); tracer.startSpan("own").end(); }, { name: "load" });
        page.createTask(async function derived() {});
        await map([1], async function mapped() {});
        await timeout(1, ({ scope }) => scope.sleep(60_000), { name: "limit", parent: page.scope }).catch(() => {});
      }, { name: "page", limit: 1, parent: new AbortController().signal });
      const spans = exporter.getFinishedSpans();
      const nameOf = (id) => spans.find((span) => span.spanContext().spanId === id)?.name ?? "";
      const lines = spans.map(({ name, parentSpanContext: parent, attributes, links, status }) =>
        [name, "in", nameOf(parent?.spanId), attributes["selvage.status"], links.length, status.code].join(" "));
      const { resourceMetrics } = await reader.collect();
      const points = resourceMetrics.scopeMetrics[0].metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.filter(({ attributes }) => attributes["selvage.name"] === "poll")
          .map(({ attributes, value }) => [descriptor.name, attributes["selvage.kind"], value].join(" ")));
      instrumenting[Symbol.dispose]();
      console.log(JSON.stringify([lines.sort(), points.sort()]));
    `);
    expect(JSON.parse(output)).toEqual([
      [
        "limit in page rejected 0 2",
        "load in page fulfilled 0 0",
        "own in load  0 0",
        "page in  fulfilled 0 0",
        "poll in pool fulfilled 0 0",
        "poll run in poll fulfilled 1 0",
        "poll run in poll rejected 0 2",
        "pool in  fulfilled 0 0",
      ],
      [
        "selvage.task.completed run 1",
        "selvage.task.completed task 1",
        "selvage.task.failed run 1",
        "selvage.task.live run 0",
        "selvage.task.live task 0",
        "selvage.task.restarts task 1",
        "selvage.task.started run 2",
        "selvage.task.started task 1",
      ],
    ]);
  });

  it("channels and streams work as published: a channel is a source of both, and a select leaves nothing (Q10, Q11, I12)", () => {
    const output = run(`
      import { Broadcast, CancelScope, Channel, elapsed, produce, select, Watch } from "@selvage/channel";
      import { describeTree } from "@selvage/scope/debug";
      import { batch, fromEvents, mapStream, merge, switchMap } from "@selvage/stream";
      import { map } from "@selvage/task-group";

      const log = [];
      const all = async (items) => {
        const read = [];
        for await (const item of items) read.push(item);
        return read;
      };
      await CancelScope.run(async (scope) => {
        const jobs = new Channel({ capacity: 2, name: "jobs" });
        const wait = select(scope, [jobs.onReceive((item) => item), elapsed(60_000, () => "late")]);
        log.push(describeTree(scope));
        jobs.trySend("a");
        log.push(await wait, jobs.waiting);
        const numbers = produce(scope, async (sender) => {
          for (let i = 0; i < 4; i++) await sender.send(i);
        });
        log.push(await map(numbers, (n) => n * 2));
        const broadcast = new Broadcast();
        const subscription = broadcast.subscribe(scope, { capacity: 8 });
        for (const item of [1, 2, 3]) await broadcast.send(scope, item);
        broadcast.close();
        log.push(await all(batch(mapStream(subscription, (n) => n + 1, { limit: 2, ordered: true }), { size: 2 })));
        const watch = new Watch(0);
        const changed = watch.changed(scope, 0);
        watch.set(7);
        log.push((await changed).value);
        const target = new EventTarget();
        const events = fromEvents(scope, target, "tick", { until: "end" });
        target.dispatchEvent(new Event("tick"));
        target.dispatchEvent(new Event("end"));
        log.push((await all(merge([switchMap(events, ({ type }) => type), [1]]))).sort());
      });
      console.log(JSON.stringify(log));
    `);
    expect(JSON.parse(output)).toEqual([
      "scope: live, waits for select",
      "a",
      0,
      [0, 2, 4, 6],
      [[2, 3], [4]],
      7,
      [1, "tick"],
    ]);
  });

  it("a trace works as published: its names agree with those of the core (N6)", () => {
    const output = run(`
      import { subscribe } from "node:diagnostics_channel";
      import { TaskGroup } from "@selvage/task-group";
      import { publish, traceTo, userTiming } from "@selvage/trace";

      let text = "";
      const handles = [userTiming(), publish()];
      const closed = [];
      subscribe("selvage:scope:close", ({ name, status }) => closed.push(name + " " + status));
      const trace = traceTo((part) => (text += part));
      await TaskGroup.run(
        (group) => {
          group.createTask((scope) => scope.sleep(60_000), { name: "nap" });
          group.cancel("enough");
        },
        { name: "page" },
      );
      await trace[Symbol.asyncDispose]();
      for (const handle of handles) handle[Symbol.dispose]();
      const events = JSON.parse(text).filter(({ ph }) => "ben".includes(ph));
      console.log(JSON.stringify([closed, events.map(({ ph, name, flow_out, flow_in }) => [ph, name, flow_out ?? !flow_in])]));
    `);
    expect(JSON.parse(output)).toEqual([
      ["nap cancelled", "page cancelled"],
      [
        ["b", "page", true],
        ["b", "nap", true],
        ["n", "cancel", true],
        ["n", "cancelled", false],
        ["e", "nap", true],
        ["e", "page", true],
      ],
    ]);
  });
});
