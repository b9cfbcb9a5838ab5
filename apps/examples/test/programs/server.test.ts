import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/server.js";
import { printed } from "../printed.js";

describe("server", { timeout: 20_000 }, () => {
  it("answers running requests before it closes with a Supervisor, and breaks them off without (V4, V5, V11)", async () => {
    // Time does not move until the signal, because the slow request must run by then, and sockets take no virtual time.
    const clock = new VirtualClock();
    const handlers = process.listenerCount("SIGTERM");
    const lines = await printed(program, {
      clock,
      onLine(line) {
        if (line === "  SIGTERM: closing, within a second") void clock.advance(1_000);
      },
    });
    expect(lines).toEqual([
      "requests without an owner",
      "  /broken failed: Error: the page is broken",
      "  SIGTERM: closing",
      "  a client got /hello: answered",
      "  a client got /broken: sorry: the page is broken",
      "  a client got /slow: broken off",
      "  a client got /endless: broken off",
      "Supervisor",
      "  /broken failed: Error: the page is broken",
      "  SIGTERM: closing, within a second",
      "  of the requests under way 1 completed, 1 was cancelled",
      "  abandoned: 0; it took 1 s",
      "  a client got /hello: answered",
      "  a client got /broken: sorry: the page is broken",
      "  a client got /slow: answered",
      '  a client got /endless: sorry: "the server" was cancelled: "main" was cancelled: SIGTERM',
    ]);
    expect(process.listenerCount("SIGTERM")).toBe(handlers);
  });
});
