import "@selvage/scope/ambient";
import { AsyncLocalStorage } from "node:async_hooks";
import { context, propagation, trace } from "@opentelemetry/api";
import { CancelScope } from "@selvage/scope";
import { currentScope } from "@selvage/scope/ambient";
import { observe } from "@selvage/scope/lowlevel";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import { describe, expect, it } from "vitest";
import { instrument } from "../src/index.js";
import { inSpan, traced, undoing } from "./telemetry.js";

/** The name of the span that is active. */
function active(): unknown {
  return (trace.getActiveSpan() as { name?: string } | undefined)?.name;
}

describe("the context of a task", () => {
  it("a user's span inside a task is its child, also after an await (N5)", async () => {
    const { tree, tracer } = traced();
    await TaskGroup.run(
      async (group) => {
        group.createTask(
          async (scope) => {
            inSpan(tracer, "before", () => {});
            await scope.sleep(0);
            inSpan(tracer, "after", () => {});
          },
          { name: "load" },
        );
        await timeout(1_000, async () => inSpan(tracer, "in the timeout", () => {}), { name: "limit" });
        inSpan(tracer, "in the body", () => {});
      },
      { name: "page" },
    );
    expect(tree().sort()).toEqual(
      ["page", "  load", "    before", "    after", "  limit", "    in the timeout", "  in the body"].sort(),
    );
  });

  it("a task without a span has the context of the nearest scope above that has one, even if it is created elsewhere (N5)", async () => {
    const { tracer } = traced();
    const seen: unknown[] = [];
    const group = new TaskGroup({ name: "page" });
    const look = async (scope: CancelScope): Promise<void> => {
      seen.push(active());
      await scope.sleep(0);
      seen.push(active());
    };
    await inSpan(tracer, "other request", async () => {
      group.createTask(look);
      expect(active()).toBe("other request");
    });
    await group.join();
    expect(seen).toEqual(["page", "page"]);
  });

  it("a queued task has the context of its span when its turn comes (N5, T8)", async () => {
    traced();
    const seen: unknown[] = [];
    await TaskGroup.run(
      (group) => {
        for (const name of ["first", "second", "third"]) {
          group.createTask(
            async (scope) => {
              await scope.checkpoint();
              seen.push(active());
            },
            { name },
          );
        }
      },
      { limit: 1, name: "page" },
    );
    expect(seen).toEqual(["first", "second", "third"]);
  });

  it("a task below a root that was opened without an active span belongs to the request that creates it (N5)", async () => {
    const { tracer } = traced();
    const supervisor = new Supervisor();
    const group = new TaskGroup();
    const seen: unknown[] = [];
    inSpan(tracer, "request", () => {
      group.createTask(() => void seen.push(active()));
      supervisor.createTask(() => void seen.push(active()), { name: "job" });
    });
    await Promise.all([group.join(), supervisor.join()]);
    expect(seen).toEqual(["request", "job"]);
  });

  it("everything else in the context, such as baggage, is that of the code that created the task (N5)", async () => {
    traced();
    const baggage = propagation.createBaggage({ tenant: { value: "7" } });
    let seen: unknown;
    await TaskGroup.run(
      async (group) => {
        context.with(propagation.setBaggage(context.active(), baggage), () => {
          group.createTask(
            async (scope) => {
              await scope.sleep(0);
              seen = [active(), propagation.getActiveBaggage()?.getEntry("tenant")?.value];
            },
            { name: "load" },
          );
        });
      },
      { name: "page" },
    );
    expect(seen).toEqual(["load", "7"]);
  });

  it("composes with other observers and with ambient scopes (N3, N5)", async () => {
    const store = new AsyncLocalStorage<string>();
    undoing(observe({ run: (scope, fn) => store.run(`outer of ${scope.name}`, fn) }));
    const { tree } = traced();
    const later = new AsyncLocalStorage<string>();
    undoing(observe({ run: (scope, fn) => later.run(`inner of ${scope.name}`, fn) }));
    await TaskGroup.run(
      async (group) => {
        group.createTask(
          async (scope) => {
            await scope.sleep(0);
            expect([store.getStore(), later.getStore(), active()]).toEqual(["outer of load", "inner of load", "load"]);
            expect(currentScope()).toBe(scope);
            await TaskGroup.run(() => {}, { name: "inner" }); // its parent is the scope of the task
          },
          { name: "load" },
        );
      },
      { name: "page" },
    );
    expect(tree()).toEqual(["page", "  load", "    inner"]);
  });

  it("two instrumentations make their own spans, and the later one's are active (N1, N5)", async () => {
    const first = traced();
    const second = traced();
    const tracers: unknown[] = [];
    await TaskGroup.run(() => void tracers.push(trace.getActiveSpan()?.spanContext().spanId), { name: "page" });
    expect([first.tree(), second.tree()]).toEqual([["page"], ["page"]]);
    expect(tracers).toEqual([second.span("page").spanContext().spanId]);
  });

  it("code after a task has the context from before (N5)", async () => {
    const { tracer } = traced();
    await inSpan(tracer, "request", async () => {
      await TaskGroup.run((group) => void group.createTask(() => {}, { name: "load" }), { name: "page" });
      expect(active()).toBe("request");
    });
    expect(active()).toBeUndefined();
  });

  it("without a context manager, the spans have the same parents (N5)", async () => {
    const { tree } = traced();
    context.disable();
    await TaskGroup.run(
      (group) =>
        void group.createTask((scope) => TaskGroup.run(() => {}, { name: "inner", parent: scope }), { name: "load" }),
      { name: "page" },
    );
    expect(tree()).toEqual(["page", "  load", "    inner"]);
  });

  it("a context manager that fails does not affect the program: its error is reported (N2)", async () => {
    const { tree } = traced();
    context.disable();
    const manager = {
      active: () => ({ getValue: () => undefined }) as never,
      with: () => {
        throw new Error("broken");
      },
      bind: (_: unknown, target: unknown) => target as never,
      enable: () => manager,
      disable: () => manager,
    };
    context.setGlobalContextManager(manager as never);
    const { uncaughtDuring } = await import("@selvage/test-support/uncaught");
    let value: unknown;
    const caught = await uncaughtDuring(async () => (value = await TaskGroup.run(() => 1, { name: "page" })));
    context.disable();
    expect(value).toBe(1);
    expect(caught.length).toBeGreaterThan(0);
    expect(tree().length).toBeLessThanOrEqual(1);
  });

  it("the call of a body that throws throws the same error, through every context (N3)", async () => {
    traced();
    undoing(instrument());
    const error = new Error("no");
    await expect(
      CancelScope.run(() => {
        throw error;
      }),
    ).rejects.toBe(error);
  });
});
