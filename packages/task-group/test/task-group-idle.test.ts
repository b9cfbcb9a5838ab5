import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, InvalidStateError, TaskGroup } from "../src/index.js";
import { errorsOf, outcomeOf } from "./outcome.js";

const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

describe("group.limit", () => {
  it("limit can be read and set at any time, and raising it starts waiting children (T8)", async () => {
    await TaskGroup.run(
      async (group) => {
        expect(group.limit).toBe(1);
        const [first, second] = [group.createTask(forever), group.createTask(forever)];
        expect([first.queued, second.queued]).toEqual([false, true]);
        group.limit = 2;
        expect(second.queued).toBe(false);
        expect(() => (group.limit = 0)).toThrow(RangeError);
        expect(() => (group.limit = "1" as never)).toThrow(TypeError);
        expect(group.limit).toBe(2);
        await settled();
        group.cancel();
      },
      { limit: 1 },
    );
    expect(new TaskGroup().limit).toBe(Infinity);
  });
});

describe("group.idle", () => {
  it("idle resolves when no child is left, and leaves the group open (T8)", async () => {
    await TaskGroup.run(async (group) => {
      group.createTask((scope) => scope.checkpoint());
      await group.idle(group.scope);
      expect(group.size).toBe(0);
      expect(await group.createTask(() => "open")).toBe("open");
    });
  });

  it("idle rejects in the group's own scope if the last child fails, which cancels that scope (T8, T2)", async () => {
    const group = new TaskGroup();
    group.createTask((scope) => scope.checkpoint().then(() => Promise.reject(new Error("no"))));
    expect(await outcomeOf(group.idle(group.scope))).toEqual({ error: group.scope.reason });
    expect((await outcomeOf(group.join())).error).toBeInstanceOf(AggregateError);
  });

  it("idle called by a child is an InvalidStateError, and a wrong scope a TypeError (T8)", async () => {
    const run = TaskGroup.run((group) => {
      group.createTask((scope) => group.idle(scope));
      expect(() => group.idle(undefined as never)).toThrow(TypeError);
    });
    expect(await errorsOf(run)).toEqual([expect.any(InvalidStateError)]);
  });
});

describe("group.start with the caller's scope", () => {
  it("start leaves no child behind if the caller is cancelled (T10)", async () => {
    await TaskGroup.run(async (group) => {
      const caller = new CancelScope();
      const run = caller.run(() => group.start(forever, { scope: caller }));
      caller.cancel();
      expect(await run).toBeUndefined();
      expect([group.size, group.scope.cancelled]).toEqual([0, false]);
    });
  });
});
