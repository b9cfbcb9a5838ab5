import {
  context,
  type Context,
  type ContextManager,
  ROOT_CONTEXT,
  type Span,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { instrument, type InstrumentOptions } from "@selvage/otel";
import { CancelScope } from "@selvage/scope";
import { factsOf, observe, parentOf } from "@selvage/scope/lowlevel";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { timeout } from "@selvage/timeout";
import { assert } from "chai";
import { type Check, rejection, suite, takeUncaught } from "./harness.js";

/** A span as a tracer of the API's shape records it. */
interface Recorded {
  readonly name: string;
  readonly parent: Recorded | undefined;
  readonly attributes: Record<string, unknown>;
  readonly events: string[];
  readonly links: unknown[];
  status: number;
  ends: number;
}

/** A tracer of the API's shape, which runs everywhere. */
class Recorder {
  readonly spans: Recorded[] = [];
  readonly #recorded = new WeakMap<object, Recorded>();

  readonly tracer: Tracer = {
    startSpan: (name, options = {}, parent = context.active()) => {
      const above = trace.getSpan(parent);
      const recorded: Recorded = {
        name,
        parent: above && this.#recorded.get(above),
        attributes: { ...options.attributes },
        events: [],
        links: (options.links ?? []).map((link) => link.context.spanId),
        status: 0,
        ends: 0,
      };
      this.spans.push(recorded);
      const spanId = String(this.spans.length);
      const span = {
        spanContext: () => ({ traceId: "1", spanId, traceFlags: 1 }),
        setAttribute: (key: string, value: unknown) => (Object.assign(recorded.attributes, { [key]: value }), span),
        setAttributes: (values: object) => (Object.assign(recorded.attributes, values), span),
        addEvent: (event: string) => (recorded.events.push(event), span),
        recordException: (error: { name?: string; message?: string }) => {
          recorded.events.push(`${error.name}: ${error.message}`);
        },
        setStatus: ({ code }: { code: number }) => ((recorded.status = code), span),
        end() {
          recorded.ends++;
        },
      };
      this.#recorded.set(span, recorded);
      return span as unknown as Span;
    },
    startActiveSpan: undefined as never,
  };

  /** The spans as text: the name, the parent, and how it ended. */
  get lines(): string[] {
    return this.spans.map(({ name, parent, attributes, status, ends }) =>
      [name, `in ${parent?.name}`, attributes["selvage.status"], `status ${status}`, `ended ${ends}`].join(", "),
    );
  }
}

/** A context manager without `AsyncLocalStorage`: a context is active until the function returns. */
class StackContexts implements ContextManager {
  #active: Context = ROOT_CONTEXT;

  active(): Context {
    return this.#active;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    to: Context,
    fn: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const before = this.#active;
    this.#active = to;
    try {
      return fn.apply(self, args);
    } finally {
      this.#active = before;
    }
  }

  bind<T>(_: Context, target: T): T {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

/** Runs a program that is instrumented with such a tracer. */
async function recorded(program: (recorder: Recorder) => unknown, options: InstrumentOptions = {}): Promise<Recorder> {
  const recorder = new Recorder();
  context.setGlobalContextManager(new StackContexts());
  const instrumenting = instrument({ tracer: recorder.tracer, ...options });
  try {
    await program(recorder);
  } finally {
    instrumenting[Symbol.dispose]();
    context.disable();
  }
  return recorder;
}

const hang = (scope: CancelScope): Promise<void> => scope.sleep(60_000);

export const observing: readonly Check[] = [
  ...suite("@selvage/scope", (check) => {
    check("N1", "several observers are called in order, and a removed one is not called again", () => {
      const calls: string[] = [];
      const first = observe({ opened: () => calls.push("first") });
      const second = observe({ opened: () => calls.push("second") });
      new CancelScope().close();
      first[Symbol.dispose]();
      new CancelScope().close();
      second[Symbol.dispose]();
      new CancelScope().close();
      assert.deepEqual(calls, ["first", "second", "second"]);
    });

    check(
      "N2",
      "an observer sees scopes open, start, be cancelled and close, in the order in which that happens",
      async () => {
        const events: string[] = [];
        const watching = observe({
          opened: ({ name }) => events.push(`open ${name}`),
          started: ({ name }) => events.push(`start ${name}`),
          cancelled: ({ name }) => events.push(`cancel ${name}`),
          closed: ({ name }, { status }) => events.push(`close ${name}: ${status}`),
        });
        await TaskGroup.run(
          (group) => {
            group.createTask(hang, { name: "task" });
            group.cancel();
          },
          { name: "group" },
        );
        watching[Symbol.dispose]();
        assert.deepEqual(events, [
          "open group",
          "start group",
          "open task",
          "start task",
          "cancel group",
          "close task: cancelled",
          "close group: cancelled",
        ]);
      },
    );

    check("N2", "an observer sees an expired timeout as a failure", async () => {
      const ends: unknown[] = [];
      const watching = observe({ closed: (_, { status, error }) => ends.push([status, error]) });
      const clock = new VirtualClock({ autojump: true });
      const error = await rejection(timeout(10, ({ scope }) => hang(scope), { clock }));
      watching[Symbol.dispose]();
      assert.deepEqual(ends, [["rejected", error]]);
    });

    check("N2", "an error that an observer throws is reported as uncaught, and changes nothing", async () => {
      const error = new Error("hostile");
      const watching = observe({
        started() {
          throw error;
        },
      });
      const value = await CancelScope.run(() => 42);
      watching[Symbol.dispose]();
      assert.strictEqual(value, 42);
      assert.deepEqual(await takeUncaught(), [error]);
    });

    check("N3", "run wraps the call of every body and task, and several observers compose", async () => {
      const calls: string[] = [];
      const watching = ["outer", "inner"].map((name) =>
        observe({
          run(scope, fn) {
            calls.push(`${name} ${scope.name}`);
            return fn();
          },
        }),
      );
      await TaskGroup.run((group) => void group.createTask(() => {}, { name: "task" }), { name: "group" });
      for (const each of watching) each[Symbol.dispose]();
      assert.deepEqual(calls, ["outer group", "inner group", "outer task", "inner task"]);
    });

    check("N4", "facts have the kind, whether the name was given, the status, and who was cancelled", async () => {
      const group = new TaskGroup({ name: "group" });
      const named = group.createTask(hang, { name: "task" }).scope;
      const derived = group.createTask(async function work() {}).scope;
      assert.strictEqual(parentOf(named), group.scope);
      assert.deepInclude(factsOf(group.scope), { kind: "TaskGroup", name: "group", named: true, status: "live" });
      assert.deepInclude(factsOf(named), { kind: "task", named: true, status: "running", attempt: 1 });
      assert.deepInclude(factsOf(derived), { named: false, cancelledBy: undefined });
      assert.notEqual(factsOf(named).id, factsOf(derived).id);
      group.cancel();
      assert.strictEqual(factsOf(named).cancelledBy, group.scope);
      await group.join();
      assert.isUndefined(parentOf(named));
    });
  }),

  ...suite("@selvage/otel", (check) => {
    check(
      "N5",
      "what has a name has a span, below the nearest scope above that has one, and each ends once",
      async () => {
        const { lines } = await recorded(async () => {
          await TaskGroup.run(
            async (page) => {
              await TaskGroup.run((group) => void group.createTask(() => {}, { name: "load" }), { parent: page.scope });
              page.createTask(() => {});
            },
            { name: "page" },
          );
        });
        assert.deepEqual(lines, [
          "page, in undefined, fulfilled, status 0, ended 1",
          "load, in page, fulfilled, status 0, ended 1",
        ]);
      },
    );

    check("N5", "a failure is an error, and what it cancels is not: it has who was cancelled, and why", async () => {
      const { spans, lines } = await recorded(() =>
        rejection(
          TaskGroup.run(
            (group) => {
              group.createTask(() => Promise.reject(new TypeError("no such user")), { name: "user" });
              group.createTask(hang, { name: "cart" });
            },
            { name: "page" },
          ),
        ),
      );
      assert.deepEqual(lines, [
        "page, in undefined, rejected, status 2, ended 1",
        "user, in page, rejected, status 2, ended 1",
        "cart, in page, cancelled, status 0, ended 1",
      ]);
      assert.deepEqual(spans[1]!.events, ["TypeError: no such user"]);
      assert.strictEqual(spans[2]!.attributes["selvage.cancelled.by"], 'TaskGroup "page"');
      assert.strictEqual(spans[2]!.attributes["selvage.cancelled.reason"], "TypeError: no such user");
    });

    check("N5", "each run of a restarted task has a span, with a link to the run before", async () => {
      const { spans } = await recorded(async () => {
        const pool = new Supervisor({ onError: () => {}, clock: new VirtualClock({ autojump: true }) });
        let runs = 0;
        pool.createTask(async () => (++runs === 1 ? Promise.reject(new Error("no")) : undefined), {
          name: "poll",
          restart: { when: "on-failure", maxRestarts: 2, within: 60_000 },
        });
        await pool.join();
      });
      assert.deepEqual(
        spans.map(({ name, parent, links }) => [name, parent?.name, links]),
        [
          ["poll", undefined, []],
          ["poll run", "poll", []],
          ["poll run", "poll", ["2"]],
        ],
      );
    });

    check(
      "N5",
      "in a task its span is the active one, and what another library records there is below it",
      async () => {
        const { spans } = await recorded(async ({ tracer }) => {
          const group = new TaskGroup({ name: "page" });
          group.createTask(() => void tracer.startSpan("request"), { name: "load" });
          group.createTask(() => void tracer.startSpan("other request"));
          await group.join();
        });
        assert.deepEqual(
          spans.map(({ name, parent }) => [name, parent?.name]),
          [
            ["page", undefined],
            ["load", "page"],
            ["request", "load"],
            ["other request", "page"],
          ],
        );
      },
    );

    check("N5", "a filter excludes whole trees, and the disposal ends open spans", async () => {
      const group = new TaskGroup({ name: "before" });
      const { lines } = await recorded(
        async () => {
          await TaskGroup.run((page) => void page.createTask(() => {}, { name: "load" }), { name: "health check" });
          new TaskGroup({ name: "open", parent: group.scope, limit: 1 });
        },
        { filter: (root) => root.name !== "health check" },
      );
      group.cancel();
      await group.join().catch(() => {});
      assert.deepEqual(lines, ["open, in undefined, , status 0, ended 1"]);
    });

    check("N5", "the metrics count what is live, started and ended, by kind and listed name", async () => {
      const sums = new Map<string, number>();
      const instrumentOf = (name: string): object => {
        const add = (value: number, attributes: object): void => {
          const key = [name.replace("selvage.task.", ""), ...(Object.values(attributes) as string[])].join(" ");
          sums.set(key, (sums.get(key) ?? 0) + value);
        };
        return { add, record: add };
      };
      const meter = { createCounter: instrumentOf, createUpDownCounter: instrumentOf, createHistogram: instrumentOf };
      const instrumenting = instrument({ meter: meter as never, metricNames: ["load"] });
      const group = new TaskGroup({ limit: 1, clock: new VirtualClock() });
      group.createTask(hang, { name: "load" });
      group.createTask(hang, { name: "load 7" });
      assert.deepInclude(Object.fromEntries(sums), { "live task load": 1, "live task": 1, "queued task": 1 });
      group.cancel();
      await group.join();
      instrumenting[Symbol.dispose]();
      assert.deepEqual(Object.fromEntries(sums), {
        "live TaskGroup": 0,
        "live task load": 0,
        "live task": 0,
        "queued task": 0,
        "started task load": 1,
        "cancelled task load": 1,
        "cancelled task": 1,
        "cancelled TaskGroup": 1,
        "selvage.cancel.duration TaskGroup": 0,
      });
    });
  }),
];
