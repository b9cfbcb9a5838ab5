import { describe, expect, it } from "vitest";
import { CancelScope } from "@selvage/scope";
import { traced } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { turn } from "./uncaught.js";

/** Fails in a later turn, so its stack shows only the functions that await it. */
async function failLater(): Promise<never> {
  await turn();
  throw new Error("later");
}

async function stackOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    return String((error as Error).stack);
  }
  throw new Error("expected a failure");
}

function owner(limit = Infinity): TaskOwner {
  return new TaskOwner("Test", limit === Infinity ? {} : { limit }, { taskEnded() {} });
}

// Only V8 has async stacks of this kind. The tests run on Node.
describe("the async stack of a failure", () => {
  it("the stack of a failure shows the function that awaited scope.race (E8)", async () => {
    const scope = new CancelScope();
    async function waitsForRace(): Promise<void> {
      await scope.race(failLater());
    }
    expect(await stackOf(waitsForRace)).toContain("waitsForRace");
  });

  it("the stack of a failure shows the function that awaited the task (E8)", async () => {
    const set = owner();
    async function waitsForTask(): Promise<void> {
      await set.createTask(failLater);
    }
    expect(await stackOf(waitsForTask)).toContain("waitsForTask");
  });

  it("the stack of a failure shows the function that awaited a task while it was queued (E8)", async () => {
    const set = owner(1);
    void set.createTask(turn);
    async function waitsForQueued(): Promise<void> {
      await set.createTask(failLater);
    }
    expect(await stackOf(waitsForQueued)).toContain("waitsForQueued");
  });

  // V8 of Node 26 does not follow a promise that was resolved with another promise.
  it.skipIf(Number(process.versions.node.split(".")[0]) >= 26)(
    "the stack of a failure shows the function that awaited the join of all tasks, also after the first task ended (E8)",
    async () => {
      const set = owner();
      async function waitsForAll(): Promise<void> {
        await traced(set, async () => {
          set.createTask(async () => {});
          const failing = set.createTask(async () => {
            await turn();
            await turn();
            throw new Error("later");
          });
          await set.finish();
          failing.result();
        });
      }
      expect(await stackOf(waitsForAll)).toContain("waitsForAll");
    },
  );
});
