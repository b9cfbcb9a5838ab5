import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/ready.js";
import { printed } from "../printed.js";

describe("ready", () => {
  it("reports a failure before the server listens to the caller, and a later one to the owner (T10, V2)", async () => {
    expect(await printed(program)).toEqual([
      "a promise for when it listens",
      "  no server: Error: port 80 is taken",
      "  http://localhost:8080 listens",
      "  a second later: the failure is not known",
      "the start of a TaskGroup",
      "  no server: Error: port 80 is taken",
      "  http://localhost:8080 listens",
      "  the group failed: Error: the server on port 8080 has broken down",
      "the start of a Supervisor",
      "  no server: Error: port 80 is taken",
      "  http://localhost:8080 listens",
      "  onError received: Error: the server on port 8080 has broken down",
      "  a second later: the caller is still there",
    ]);
  });
});
