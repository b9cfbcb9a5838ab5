import { describe, expect, it } from "vitest";
import type { Call } from "../../src/calls/call.js";
import { checkCall } from "../../src/calls/check-call.js";
import { runCall } from "../../src/calls/run-call.js";

const call: Call = {
  of: "mapSettled",
  works: [
    { ms: 10, end: "value", onCancel: "cut" },
    { ms: 20, end: "error", onCancel: "deaf" },
  ],
  keyed: false,
  limit: 1,
  within: 25,
  outer: null,
  leave: null,
  source: { isAsync: true, made: true, ms: 3, fails: null, hangs: null, release: { ms: 2, fails: false } },
};

describe("runCall", () => {
  it("records what the call observes", async () => {
    expect(await runCall(call, 1)).toEqual({
      lines: ["0: next 0", "3: called 0", "13: next 1", "16: called 1", "25: return", "36: ended = [= 0, ! E1]"],
      wrong: [],
    });
  });
});

describe("checkCall", () => {
  it("accepts what happened", async () => {
    expect(await checkCall(call, 1)).toEqual({ kind: "agrees" });
  });

  it("is undecided if two things are due at one time", async () => {
    expect(await checkCall({ ...call, within: 10, limit: null }, 1)).toMatchObject({ kind: "agrees" });
    expect(await checkCall({ ...call, within: 13 }, 1)).toMatchObject({ kind: "undecided" });
  });
});
