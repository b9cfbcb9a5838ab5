import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/run.js";
import { printed } from "../printed.js";

describe("run", { timeout: 20_000 }, () => {
  it("removes both partial files before the process exits with run, but not with a bare signal or a handler (R1)", async () => {
    expect(await printed(program)).toEqual([
      "an ordinary program",
      "  copying a.txt",
      "  copying b.txt",
      "  killed by SIGINT",
      'process.once("SIGINT", () => process.exit(130))',
      "  copying a.txt",
      "  copying b.txt",
      "  exit code 130",
      "run",
      "  copying a.txt",
      "  copying b.txt",
      "  the partial a.txt is removed",
      "  the partial b.txt is removed",
      "  exit code 130",
    ]);
  });
});
