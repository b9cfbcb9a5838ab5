import { ExceptionGroup } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/comparison/contest.js";
import { findingsOf } from "../../src/comparison/findings.js";
import type { Outcome } from "../../src/comparison/observe.js";
import type { TaskEvent } from "../../src/comparison/recorder.js";

const [first, second] = [new Error("first"), new Error("second")];

describe("findingsOf", () => {
  it("sees an error that the caller caught, bare or in a group", () => {
    const events = [...failed("a", 10, first), ...failed("b", 10, second)];
    expect(namesIn(events, { at: 20, ok: false, error: first })).toMatchObject({ seen: ["a"], unseen: ["b"] });
    const error = new ExceptionGroup("both", [first, new ExceptionGroup("nested", [second])]);
    expect(namesIn(events, { at: 20, ok: false, error })).toMatchObject({ seen: ["a", "b"], unseen: [] });
  });

  it("sees an error in a list of settled results", () => {
    const value = [{ status: "rejected", reason: first }];
    const outcome: Outcome = { at: 20, ok: true, value };
    expect(namesIn(failed("a", 10, first), outcome)).toMatchObject({ seen: ["a"], unseen: [] });
  });

  it("sees an error that the error handler received", () => {
    const outcome: Outcome = { at: 20, ok: true, value: undefined };
    expect(namesIn(failed("a", 10, first), outcome, { handled: [first] })).toMatchObject({ seen: ["a"], unseen: [] });
  });

  it("distinguishes an unhandled rejection from an error that was lost", () => {
    const unhandled = [{ task: "a", error: first }];
    const outcome: Outcome = { at: 20, ok: true, value: undefined };
    const events = failed("a", 10, first);
    expect(namesIn(events, outcome, { unhandled })).toMatchObject({ seen: [], unseen: [], unhandled: ["a"] });
  });

  it("finds the results that are not in what the caller got", () => {
    const events = [...returned("a", 10), ...returned("b", 10), ...returned("c", 10)];
    expect(namesIn(events, { at: 20, ok: true, value: "a" }).unread).toEqual(["b", "c"]);
    const value = [{ status: "fulfilled", value: "a" }, "b"];
    expect(namesIn(events, { at: 20, ok: true, value }).unread).toEqual(["c"]);
  });

  it("expects no results if the caller got an error", () => {
    expect(namesIn(returned("a", 10), { at: 20, ok: false, error: first }).unread).toEqual([]);
  });

  it("finds what had not ended when the caller had control back", () => {
    const events = [...returned("a", 10), ...returned("b", 20), ...returned("c", 30)];
    expect(namesIn(events, { at: 20, ok: false, error: first }).left).toEqual(["c"]);
  });
});

function returned(task: string, at: number): TaskEvent[] {
  return [
    { at: 0, task, kind: "started" },
    { at, task, kind: "returned" },
  ];
}

function failed(task: string, at: number, error: Error): TaskEvent[] {
  return [
    { at: 0, task, kind: "started" },
    { at, task, kind: "failed", error },
  ];
}

/** The findings, as the names of tasks. */
function namesIn(
  events: TaskEvent[],
  outcome: Outcome,
  more: Partial<Pick<Recording, "handled" | "unhandled">> = {},
): Record<"seen" | "unseen" | "unread" | "unhandled" | "left", string[]> {
  const contestant = { name: "", description: "" };
  const found = findingsOf({ contestant, timeout: undefined, events, outcome, handled: [], unhandled: [], ...more });
  const names = (lanes: readonly { task: string }[]): string[] => lanes.map(({ task }) => task);
  return {
    seen: names(found.seen),
    unseen: names(found.unseen),
    unread: names(found.unread),
    unhandled: names(found.unhandled),
    left: names(found.left),
  };
}
