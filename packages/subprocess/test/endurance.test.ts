import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { runProgram } from "@selvage/test-support/run-program";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { runCommand } from "../src/index.js";
import { errorOf } from "./processes.js";

describe("many commands", () => {
  it("a thousand in a row leave no handle, descriptor, listener, scope or timer", async () => {
    const end = await runProgram(new URL("programs/many.ts", import.meta.url), "--expose-gc");
    expect(end).toEqual({ code: 0, stdout: "nothing is left\n", stderr: "" });
  });

  it("a hundred at once are all ended by one cancellation (P1)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock });
    const ended = Array.from({ length: 100 }, () => errorOf(runCommand(scope, "sh", ["-c", "sleep 1000 & wait"])));
    scope.cancel("enough");
    expect(new Set(await Promise.all(ended))).toEqual(new Set([scope.reason]));
    expect([describeTree(scope), clock.pending]).toEqual(["scope: cancelled", 0]);
    scope.close();
  });

  it("a cancellation at any step of a command's life ends it, and is never lost (P1)", async () => {
    // The number of turns before the cancellation: before and after the start, the exit, the end of the pipes.
    let cancelled = 0;
    for (let turns = 0; turns < 60; turns++) {
      const scope = new CancelScope();
      const running = runCommand(scope, "sh", ["-c", "sleep 1000 & echo out"]).then(
        (output) => {
          expect(output).toMatchObject({ stdout: "out\n", truncated: false });
        },
        (error: unknown) => {
          cancelled++;
          expect(error).toBe(scope.reason);
        },
      );
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      scope.cancel();
      await running;
      scope.close();
    }
    expect(cancelled).toBeGreaterThan(0);
  });
});
