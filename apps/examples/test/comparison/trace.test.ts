import { checkTrace, parseTrace } from "@selvage/test-support/check-trace";
import { traceTo } from "@selvage/trace";
import { describe, expect, it } from "vitest";
import { printComparison } from "../../src/comparison/index.js";

describe("the trace of the comparison", () => {
  it("keeps the rules of the format, with an arrow from each cancel to what it cancelled (N6)", async () => {
    let text = "";
    const trace = traceTo((part) => void (text += part));
    await printComparison(() => {});
    await trace[Symbol.asyncDispose]();
    expect(checkTrace(text)).toEqual([]);
    const events = parseTrace(text);
    const begun = events.filter(({ flow_out }) => flow_out).map(({ bind_id }) => bind_id);
    const ended = events.filter(({ flow_in }) => flow_in).map(({ bind_id }) => bind_id);
    expect(begun.length).toBeGreaterThan(3);
    expect(ended.length).toBeGreaterThan(begun.length);
    const kinds = new Set(events.map(({ args }) => args?.["kind"]));
    for (const kind of ["TaskGroup", "Supervisor", "timeout", "task"]) expect(kinds).toContain(kind);
  });
});
