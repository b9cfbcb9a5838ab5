import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/commands.js";
import { printed } from "../printed.js";

describe("commands", { timeout: 20_000 }, () => {
  it("leaves the worker of a cancelled shell running with child_process, and none with a command (P1, P2)", async () => {
    expect(await printed(program)).toEqual([
      "child_process with a signal",
      "  rejected: AbortError: The operation was aborted",
      "  the worker still runs",
      "startCommand",
      '  rejected: AbortError: "build" was cancelled: a newer build',
      "  the worker has ended",
      "runCommand",
      "  sorted: second, first",
      '  code 28: "sh" exited with code 28: no space left',
    ]);
  });
});
