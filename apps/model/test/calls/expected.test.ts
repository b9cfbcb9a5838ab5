import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Call, calls, type Work } from "../../src/calls/call.js";
import { expectedOf } from "../../src/calls/expected.js";

const call: Call = {
  of: "gather",
  works: [],
  keyed: false,
  limit: null,
  within: null,
  outer: null,
  leave: null,
  source: { isAsync: false, made: false, ms: 1, fails: null, hangs: null, release: "none" },
};

function work(ms: number, end: Work["end"] = "value", onCancel: Work["onCancel"] = "cut"): Work {
  return { ms, end, onCancel };
}

describe("expectedOf", () => {
  it("returns results by position or by key, in the order of the arguments (T11)", () => {
    const works = [work(20), work(10)];
    expect(expectedOf({ ...call, works })?.at(-1)).toBe("20: ended = [0, 1]");
    expect(expectedOf({ ...call, works, keyed: true })?.at(-1)).toBe("20: ended = {key0 0, key1 1}");
  });

  it("cancels the rest at the first failure, and collects what fails then (T3, T11)", () => {
    const works = [work(10, "error"), work(20), work(30, "value", { ms: 5, end: "error" })];
    expect(expectedOf({ ...call, works })).toEqual([
      "0: called 0",
      "0: called 1",
      "0: called 2",
      "15: ended ! G[E0 E102]",
    ]);
  });

  it("returns the winner of a race, whatever the losers do, and passes the losers on (T11)", () => {
    const works = [work(10), work(20, "value", { ms: 5, end: "error" }), work(30)];
    expect(expectedOf({ ...call, of: "race", works, limit: 2 })).toEqual([
      "0: called 0",
      "0: called 1",
      "10: discarded 2 ! C(call)",
      "15: discarded 1 ! E101",
      "15: ended = 0",
    ]);
  });

  it("throws a failure that has won a race bare, or in a group with those of the losers (T11)", () => {
    const works = [work(10, "error"), work(20)];
    expect(expectedOf({ ...call, of: "race", works })?.at(-1)).toBe("10: ended ! E0");
    const failing = [...works, work(30, "value", { ms: 5, end: "error" })];
    expect(expectedOf({ ...call, of: "race", works: failing })?.at(-1)).toBe("15: ended ! G[E0 E102]");
  });

  it("discards the failures before the first success of any (T11)", () => {
    const works = [work(10, "error"), work(20)];
    expect(expectedOf({ ...call, of: "any", works })?.slice(2)).toEqual(["20: discarded 0 ! E0", "20: ended = 1"]);
    expect(expectedOf({ ...call, of: "any", works: [] })).toEqual(["0: ended ! TypeError"]);
  });

  it("keeps the results when within ends before an outer owner cancels, and not after (V10)", () => {
    const settled: Call = {
      ...call,
      of: "gatherSettled",
      works: [work(10), work(90, "value", { ms: 20, end: "cut" })],
    };
    expect(expectedOf({ ...settled, within: 30, outer: 40 })?.at(-1)).toBe("50: ended = [= 0, ! C(call)]");
    expect(expectedOf({ ...settled, within: 40, outer: 30 })?.at(-1)).toBe("50: ended ! C(outer)");
  });

  it("yields tasks in the order in which they end, and cancels the rest when the loop is left (V10)", () => {
    const works = [work(20), work(10, "error"), work(30, "value", { ms: 5, end: "cut" })];
    expect(expectedOf({ ...call, of: "asCompleted", works, leave: 2 })?.slice(3)).toEqual([
      "10: yielded 1 ! E1",
      "20: yielded 0 = 0",
      "25: ended left",
    ]);
  });

  it("pulls a source no faster than the limit allows, and releases it (T12)", () => {
    const works = [work(10), work(10, "error"), work(10)];
    const source = { ...call.source, release: { ms: 7, fails: false } };
    expect(expectedOf({ ...call, of: "map", works, limit: 1, source })).toEqual([
      "0: called 0",
      "0: next 0",
      "10: called 1",
      "10: next 1",
      "20: ended ! G[E1]",
      "20: return",
    ]);
    expect(expectedOf({ ...call, of: "map", works, limit: 1, source: { ...source, isAsync: true } })?.at(-1)).toBe(
      "29: ended ! G[E1]",
    );
  });

  it("passes on an item that arrives too late (T12)", () => {
    const source = { ...call.source, isAsync: true, ms: 30, release: "hangs" as const };
    expect(expectedOf({ ...call, of: "map", works: [work(50)], outer: 10, source })).toEqual([
      "0: next 0",
      "10: ended ! C(outer)",
      "10: return",
      "30: undelivered 0",
    ]);
  });

  it("keeps what was settled when the source fails (T12)", () => {
    const source = { ...call.source, fails: 2 };
    expect(
      expectedOf({ ...call, of: "mapSettled", works: [work(10, "error"), work(20), work(1)], source })?.at(-1),
    ).toBe("20: ended ! G[E200] with = [! E0, = 1]");
  });

  it("waits for a release that hangs only until an outer owner cancels (T12)", () => {
    const source = { ...call.source, isAsync: true, ms: 1, release: "hangs" as const };
    const hanging: Call = { ...call, of: "map", works: [work(10, "error"), work(1)], limit: 1, source };
    expect(expectedOf(hanging)).toBeUndefined();
    expect(expectedOf({ ...hanging, outer: 99 })?.at(-1)).toBe("99: ended ! G[E0]");
  });
});

describe("calls", () => {
  const drawn = fc.sample(calls, { seed: 1, numRuns: 3000 }).flatMap((one) => {
    try {
      return [(expectedOf(one) ?? ["never"]).join("\n")];
    } catch {
      return []; // undecided
    }
  });

  it.each([
    ["a loser's value is discarded", /discarded \d = /],
    ["a race is lost by an error that is thrown with the winner's", /ended ! G\[E\d E1/],
    ["an item comes too late", /undelivered/],
    ["a source is released", /return/],
    ["a source fails while calls run", /E200/],
    ["a release fails", /E300/],
    ["a call ends with an outer cancellation", /ended ! C\(outer\)/],
    ["results are kept although some were cut", /ended = .*C\(call\)/],
    ["a loop is left", /ended left/],
    ["a call waits for ever", /never/],
  ])("are about this often enough: %s", (_, pattern) => {
    expect(drawn.filter((lines) => pattern.test(lines)).length).toBeGreaterThan(10);
  });
});
