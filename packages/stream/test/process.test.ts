import { runProgram } from "@selvage/test-support/run-program";
import { describe, expect, it } from "vitest";

describe("a process", () => {
  it.each(["socket", "fetch", "file", "next", "return", "channel", "broadcast", "events"])(
    "ends by itself after loops over a source (%s) were left, or cancelled (I3, T12)",
    async (kind) => {
      const end = await runProgram(new URL("programs/left-early.ts", import.meta.url), `--title=${kind}`);
      expect(end).toEqual({ code: 0, stdout: "left\n", stderr: "" });
    },
  );
});
