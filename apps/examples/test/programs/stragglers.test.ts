import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/stragglers.js";
import { printed } from "../printed.js";

describe("stragglers", () => {
  it("names the task that does not end, its age and where it was created, which an AbortController cannot (C3)", async () => {
    expect(await printed(program)).toEqual([
      "AbortController",
      "  half a second later: it has not ended, and the reason is unknown",
      "watchStragglers",
      '  TaskGroup "upload": live, 0 ms, created at withWatch',
      '    task "page 1": running, 0 ms, created at startUpload',
      '    task "page 2": running, 0 ms, created at startUpload',
      '    task "picture": running, 0 ms, created at startUpload',
      '  Still running 500 ms after "upload" was cancelled: the window was closed:',
      '    task "picture": running, cancelled, 500 ms, created at startUpload',
      "  it has ended",
    ]);
  });
});
