import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "./program.js";

const asCancelled = { code: 0, stdout: "cancelled: true\n", stderr: "" };

describe("a loop over the lines of a file", () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "selvage-clients-"));
    file = join(folder, "lines");
    // Many chunks, so that the stream still reads when it is cancelled.
    writeFileSync(file, "a line of text\n".repeat(100_000));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("ends the process when the read stream has the signal: its AbortError has no listener (S15)", async () => {
    const { code, stderr } = await runProgram("read-lines", "streamHasSignal", file);
    expect(stderr).toContain("Unhandled 'error' event");
    expect(stderr).toContain("AbortError: The operation was aborted");
    expect(code).toBe(1);
  });

  it("ends as a cancellation when the interface has the signal, and the loop is followed by a check (S14, S15)", async () => {
    expect(await runProgram("read-lines", "linesHaveSignal", file)).toEqual(asCancelled);
  });

  it("ends as a cancellation in the same form when its body does not throw (S14, S15)", async () => {
    expect(await runProgram("read-lines", "bodyGoesOn", file)).toEqual(asCancelled);
  });

  it("fails in the same form with the error of a file that does not exist (S14)", async () => {
    const { code, stdout } = await runProgram("read-lines", "linesHaveSignal", join(folder, "nothing"));
    expect({ code, stdout }).toEqual({ code: 0, stdout: "failed: ENOENT\n" });
  });
});
