import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/restarts.js";
import { printed } from "../printed.js";

describe("restarts", () => {
  it("ignores old failures with a Supervisor, and gives up when there are too many (V9)", async () => {
    expect(await printed(program)).toEqual([
      "a loop that counts",
      "  failed: Error: the connection is lost",
      "  run 2, after 20 ms",
      "  failed: Error: the connection is lost",
      "  run 3, after 40 ms",
      "  failed: Error: the connection is refused",
      "  run 4, after 80 ms",
      "  failed: Error: the connection is lost",
      "  the loop has given up",
      "a Supervisor that restarts",
      "  failed: Error: the connection is lost",
      "  run 2, after 20 ms",
      "  failed: Error: the connection is lost",
      "  run 3, after 20 ms",
      "  failed: Error: the connection is refused",
      "  run 4, after 40 ms",
      "  failed: Error: the connection is lost",
      "  run 5, after 20 ms",
      "  the queue was read to its end",
      "  the one task of all these runs was fulfilled",
      "with a queue that is gone for good",
      "  failed: Error: the connection is refused",
      "  run 2, after 20 ms",
      "  failed: Error: the connection is refused",
      "  run 3, after 40 ms",
      "  failed: Error: the connection is refused",
      "  run 4, after 80 ms",
      "  failed: Error: the connection is refused",
      '  failed: RestartLimitError: task "worker" ended again after 3 restarts within 450 ms',
      "    its cause, the last failure: Error: the connection is refused",
      "  the one task of all these runs was rejected",
    ]);
  });
});
