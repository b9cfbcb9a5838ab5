import { CancelScope } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { timeout } from "@selvage/timeout";
import { describe, expect, it } from "vitest";
import { eventsOf, hostileValues, statusOf, traced } from "./telemetry.js";

const hang = (scope: CancelScope): Promise<void> => scope.sleep(60_000);

describe("a cancellation", () => {
  it("sets who was cancelled and why, on every span that it reaches, and is not an error (N5)", async () => {
    const { span, spans } = traced();
    await TaskGroup.run(
      (group) => {
        group.createTask(
          async (scope) => {
            await timeout(60_000, ({ scope: own }) => own.sleep(50_000), { name: "limit", parent: scope });
          },
          { name: "load" },
        );
        group.cancel("the user left");
      },
      { name: "page" },
    );
    expect(spans().map(({ name }) => name)).toEqual(["page", "load", "limit"]);
    for (const each of spans()) {
      expect(each.attributes).toMatchObject({
        "selvage.status": "cancelled",
        "selvage.cancelled.by": 'TaskGroup "page"',
        "selvage.cancelled.reason": "the user left",
      });
      expect([statusOf(each), each.attributes["error.type"]]).toEqual(["UNSET", undefined]);
    }
    expect(eventsOf(span("page"))).toEqual(['selvage.cancelled TaskGroup "page" the user left']);
    expect(eventsOf(span("load"))).toEqual([]);
  });

  it("of one task names that task, with its kind (N5)", async () => {
    const { span } = traced();
    await TaskGroup.run(
      (group) => {
        group.createTask(hang, { name: "one" }).cancel(new RangeError("too late"));
        group.createTask(async () => {}, { name: "other" });
      },
      { name: "page" },
    );
    expect(span("one").attributes).toMatchObject({
      "selvage.cancelled.by": 'task "one"',
      "selvage.cancelled.reason": "RangeError: too late",
    });
    expect(span("other").attributes["selvage.cancelled.by"]).toBeUndefined();
    expect(span("page").attributes["selvage.cancelled.by"]).toBeUndefined();
  });

  it("without a reason, of an unnamed scope, and by a signal, says what is known (N5)", async () => {
    const { span } = traced();
    const cancelled = async (name: string, parent: CancelScope | AbortSignal, cancel: () => void): Promise<unknown> => {
      const run = TaskGroup.run((group) => void group.createTask(hang), { name, parent }).catch(() => {});
      cancel();
      await run;
      const { attributes } = span(name);
      return [attributes["selvage.cancelled.by"], attributes["selvage.cancelled.reason"]];
    };
    const scope = new CancelScope();
    expect(await cancelled("unnamed", scope, () => scope.cancel())).toEqual(["scope", undefined]);
    scope.close();
    const controller = new AbortController();
    const abort = (): void => controller.abort(new Error("the client left"));
    expect(await cancelled("by a signal", controller.signal, abort)).toEqual(["AbortSignal", "Error: the client left"]);
    const dead = new CancelScope({ deadline: -Infinity, name: "page" });
    expect(await cancelled("by a deadline", dead, () => {})).toEqual(['scope "page"', "the deadline passed"]);
    dead.close();
  });

  it("that work ignores is also shown, with the final status of the work (N5)", async () => {
    const { span } = traced();
    await TaskGroup.run(
      async (group) => {
        group.createTask((scope) => scope.sleep(60_000).catch(() => {}), { name: "deaf" });
        group.createTask(
          (scope) =>
            scope.sleep(60_000).catch(() => {
              throw new Error("in cleanup");
            }),
          { name: "failing" },
        );
        group.cancel();
      },
      { name: "page" },
    ).catch(() => {});
    expect(span("deaf").attributes).toMatchObject({
      "selvage.status": "fulfilled",
      "selvage.cancelled.by": 'TaskGroup "page"',
    });
    expect(span("failing").attributes).toMatchObject({
      "selvage.status": "rejected",
      "selvage.cancelled.by": 'TaskGroup "page"',
    });
    expect(statusOf(span("failing"))).toBe("ERROR: in cleanup");
  });

  it("may come while a scope is started or opened, and the span ends as cancelled (N5)", async () => {
    const { spans } = traced();
    const group = new TaskGroup({ name: "page" });
    group.createTask(
      (scope) => {
        group.cancel("during the start");
        return hang(scope);
      },
      { name: "load" },
    );
    await group.join();
    expect(spans().map(({ attributes }) => attributes["selvage.status"])).toEqual(["cancelled", "cancelled"]);
  });

  it("may have any value as its reason, and any name (N5)", async () => {
    const values = hostileValues();
    const { spans } = traced();
    const caught = await uncaughtDuring(async () => {
      for (const value of values) {
        await TaskGroup.run(
          (group) => {
            group.createTask(hang, { name: "task" });
            group.cancel(value);
          },
          { name: "a\n\ud800".repeat(100) },
        );
      }
    });
    expect(caught).toEqual([]);
    expect(spans().length).toBe(2 * values.length);
    for (const { attributes } of spans()) {
      expect(String(attributes["selvage.cancelled.by"]).length).toBeLessThan(120);
      expect(String(attributes["selvage.cancelled.reason"] ?? "").length).toBeLessThanOrEqual(500);
      expect(String(attributes["selvage.cancelled.by"])).not.toMatch("\n");
    }
  });
});
