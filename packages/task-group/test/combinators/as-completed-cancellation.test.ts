import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { asCompleted, CancelScope, type CompletedTask } from "../../src/index.js";
import { errorOf, restlessClock } from "../outcome.js";

const forever = (scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const after =
  <T>(ms: number, value: T) =>
  (scope: CancelScope): Promise<T> =>
    scope.sleep(ms).then(() => value);

/** Iterates to the end. */
async function statuses(tasks: AsyncIterable<CompletedTask<unknown>>): Promise<string[]> {
  const seen: string[] = [];
  for await (const task of tasks) seen.push(task.status);
  return seen;
}

describe("asCompleted under an outer owner that is cancelled", () => {
  it("asCompleted just ends if the outer cancellation interrupted nothing (V10, T5)", async () => {
    using parent = new CancelScope();
    const deaf = (scope: CancelScope): Promise<string> => forever(scope).catch(() => "deaf");
    const loop = statuses(asCompleted([deaf, () => Promise.reject(new Error("no"))], { parent }));
    await settled();
    parent.cancel();
    expect(await loop).toEqual(["rejected", "fulfilled"]);
  });

  it("asCompleted throws the outer cancellation once if it interrupted something, and later calls of next are done (V10)", async () => {
    using parent = new CancelScope();
    const iterator = asCompleted([forever], { parent })[Symbol.asyncIterator]();
    parent.cancel();
    const first = await iterator.next();
    expect(first.done === true ? "end" : first.value.status).toBe("cancelled");
    expect(await errorOf(() => iterator.next())).toBe(parent.reason);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("asCompleted starts nothing more if the outer owner was cancelled before, or by one of the tasks (V10, T6)", async () => {
    using before = new CancelScope();
    before.cancel();
    const none = asCompleted([() => expect.unreachable()], { parent: before });
    expect(await errorOf(() => statuses(none))).toBe(before.reason);

    using during = new CancelScope();
    const some = asCompleted([() => during.cancel(), () => expect.unreachable()], { parent: during });
    expect(await errorOf(() => statuses(some))).toBe(during.reason);
  });

  it("asCompleted waits for the started tasks if an outer deadline passes between two starts (V10, S9)", async () => {
    const clock = restlessClock();
    for (let deadline = 0; deadline < 40; deadline++) {
      clock.time = 0;
      const parent = new CancelScope({ clock, deadline });
      const seen = { deadline, started: 0, unwound: 0 };
      const child = (scope: CancelScope): Promise<never> => {
        seen.started++;
        return forever(scope).finally(() => seen.unwound++);
      };
      const loop = errorOf(() => statuses(asCompleted([child, child, child], { parent })));
      parent.cancel();
      expect(await loop).toBe(parent.reason);
      expect(seen).toEqual({ ...seen, unwound: seen.started });
      parent.close();
    }
  });

  it("a timeout around the loop interrupts it at any point (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const timeout = new CancelScope({ clock, deadline: 15 });
    const seen: unknown[] = [];
    await timeout.run(async (scope) => {
      for await (const task of asCompleted([after(10, "in time"), after(20, "late")], { parent: scope })) {
        if (task.status === "fulfilled") seen.push(task.result());
        await scope.sleep(0);
      }
    });
    expect(seen).toEqual(["in time"]);
    expect(timeout.cancelledCaught).toBe(true);
  });

  it("a timeout inside the loop does not affect the iteration (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const seen: unknown[] = [];
    for await (const task of asCompleted([after(10, "a"), after(20, "b")], { clock })) {
      await CancelScope.run((scope) => scope.sleep(Infinity), { clock, deadline: clock.now() + 5 });
      seen.push(task.result());
    }
    expect(seen).toEqual(["a", "b"]);
  });
});
