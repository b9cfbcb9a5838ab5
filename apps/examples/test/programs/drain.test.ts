import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/drain.js";
import { printed } from "../printed.js";

describe("drain", { timeout: 20_000 }, () => {
  it("ends with the right exit code, and prints its own error or nothing, whenever SIGTERM comes (V4, V11, R1)", async () => {
    const lines = await printed(program);
    expect(lines.map((line) => line.replace(/\d+\.\d+\.\d+\.\d+:\d+/, "<address>"))).toEqual([
      "SIGTERM while it starts",
      "  starting",
      "  exit code 143",
      "SIGTERM while it serves",
      "  starting",
      "  serving",
      "  no more orders are taken",
      "  the order is fulfilled",
      "  the pool is closed",
      "  drained",
      "  exit code 0",
      "SIGTERM while it serves, and again while it drains",
      "  starting",
      "  serving",
      "  no more orders are taken",
      "  exit code 143",
      "its main fails",
      "  starting",
      "  the pool is closed",
      "  standard error: Error: listen EADDRINUSE: address already in use <address>",
      "  exit code 1",
    ]);
  });
});
