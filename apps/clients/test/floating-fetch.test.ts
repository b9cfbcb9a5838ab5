import { describe, expect, it } from "vitest";
import { runProgram } from "./program.js";

describe("a `fetch` whose promise is not awaited when it is cancelled", () => {
  it("ends the process with its unhandled rejection, although the scope has absorbed the cancellation (S14)", async () => {
    const { code, stdout, stderr } = await runProgram("floating-fetch", "nothing");
    expect(stderr).toContain("CancelledError");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "cancelled: true\n" });
  });

  it.each([
    ["a task of a group owns it (T4, S15)", "group"],
    ["`scope.race` was given it at once (S12, S15)", "race"],
    ["`scope.settle` was given it at once (S15, S17)", "settle"],
  ])("ends as a cancellation where %s", async (_, owner) => {
    expect(await runProgram("floating-fetch", owner)).toEqual({ code: 0, stdout: "cancelled: true\n", stderr: "" });
  });
});
